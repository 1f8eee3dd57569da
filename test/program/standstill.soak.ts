process.env['HEKAFS_SOAK'] = '1';
await import('./standstill.test.js');
