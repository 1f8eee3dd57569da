process.env['HEKAFS_SOAK'] = '1';
await import('./foreign-process.test.js');
