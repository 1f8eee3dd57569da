process.env['HEKAFS_SOAK'] = '1';
await import('./survive-one.test.js');
