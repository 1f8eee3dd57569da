process.env['HEKAFS_SOAK'] = '1';
await import('./clock.test.js');
