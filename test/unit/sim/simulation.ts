import { Fabric } from '../../sim/fabric.js';
import { Kernel } from '../../sim/kernel.js';
import type { Latency } from '../../sim/link.js';
import { SimMachine } from '../../sim/machine.js';

const STEADY: Latency = { min: 1, mean: 0, spike: 0, spikeChance: 0 };

/** Two machines a millisecond apart, for tests of the simulator itself. */
export function twoMachines(seed: number | string = 1) {
  const kernel = new Kernel(seed, { keepsTrace: true });
  const fabric = new Fabric(kernel, STEADY);
  const a = new SimMachine(kernel, fabric, 'a', '10.0.0.1');
  const b = new SimMachine(kernel, fabric, 'b', '10.0.0.2');
  return { kernel, fabric, a, b };
}
