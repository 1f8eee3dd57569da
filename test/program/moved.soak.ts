process.env['HEKAFS_SOAK'] = '1';
await import('./moved.test.js');
