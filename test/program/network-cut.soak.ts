process.env['HEKAFS_SOAK'] = '1';
await import('./network-cut.test.js');
