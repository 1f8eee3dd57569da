const { readFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');

// By default the old generation of the heap grows by tens of megabytes under load, in each of a node's processes.
setFlagsFromString('--heap-growing-percent=20');

// What runs a few hundred times a second stays in the interpreter for minutes, at three times the cost.
setFlagsFromString('--always-sparkplug');

const ENOUGH_DESCRIPTORS = 256;

function descriptorLimit() {
  try {
    return Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

function refuse(code, program, why, next) {
  process.stderr.write(`${code} ${program} does not start: ${why}\nnext: ${next}\n`);
  process.exit(1);
}

function requireDirectory(program) {
  try {
    process.cwd();
  } catch {
    refuse(
      'HFS-5014',
      program,
      'the directory it is started in has been removed',
      'start it from a directory that exists: cd /',
    );
  }
}

/** Runs a long-lived program: `run` settles with its exit code. `youngBytes` bounds the young generation of its heap. */
exports.launch = (program, youngBytes, run) => {
  requireDirectory(program);
  const start = async () => {
    const { boundYoungGeneration } = await import('../dist/src/platform/node/young-generation.js');
    boundYoungGeneration(youngBytes);
    process.exit(await run());
  };
  // Node opens all modules of a program at once, before a line of it runs; what it says where it cannot is not always that.
  start().catch((error) => {
    const limit = descriptorLimit();
    if (!(limit < ENOUGH_DESCRIPTORS)) throw error;
    const why = `it may open ${limit} files, and needs ${ENOUGH_DESCRIPTORS} at least (${error.code})`;
    refuse('HFS-5013', program, why, 'raise the limit: ulimit -n, or LimitNOFILE in the unit');
  });
};
