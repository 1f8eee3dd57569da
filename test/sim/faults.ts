import type { Fabric } from './fabric.js';
import type { Fault } from './fault-plan.js';
import type { Kernel } from './kernel.js';
import type { SimMachine } from './machine.js';
import type { SimProcess } from './process.js';

/** What a world does about the faults that need its knowledge. Names are those of the plan's targets. */
export interface FaultStage {
  readonly kernel: Kernel;
  readonly fabric: Fabric;
  machine(name: string): SimMachine;
  /** The process that has that role now, if it runs. */
  process(name: string): SimProcess | undefined;
  /** Starts it unless it runs, or its machine has no power. */
  restart(process: string): void;
  /** `machine.powerOff()`, and the disk loses what was not synced. */
  powerOff(machine: string): void;
  /** `machine.powerOn()`, and its processes are started. */
  powerOn(machine: string): void;
}

/** Has each fault begin and end in its time. */
export function stageFaults(stage: FaultStage, faults: readonly Fault[]): void {
  faults.forEach((fault, index) => {
    const id = `fault ${index}`;
    const nowMs = stage.kernel.nowMs;
    stage.kernel.schedule(fault.atMs - nowMs, null, describeFault(fault), () =>
      begin(stage, fault, id),
    );
    stage.kernel.schedule(fault.atMs + fault.forMs - nowMs, null, `${fault.kind} ends`, () =>
      end(stage, fault, id),
    );
  });
}

function begin(stage: FaultStage, fault: Fault, id: string): void {
  switch (fault.kind) {
    case 'kill':
      stage.process(fault.process)?.kill();
      return;
    case 'pause':
      stage.process(fault.process)?.pause();
      return;
    case 'power':
      for (const machine of fault.machines) stage.powerOff(machine);
      return;
    case 'freeze':
      stage.machine(fault.machine).freeze();
      return;
    case 'cut':
      for (const [from, to] of fault.links)
        stage.fabric.cut(stage.machine(from).host, stage.machine(to).host, id, fault.mode);
      return;
    case 'clog':
      clog(stage, fault);
      return;
    case 'jump':
      stage.machine(fault.machine).time.jumpWall(fault.byMs);
      return;
  }
}

function clog(stage: FaultStage, fault: Extract<Fault, { kind: 'clog' }>): void {
  const from = stage.machine(fault.from).host;
  const to = stage.machine(fault.to).host;
  stage.fabric.clog(from, to, fault.forMs, fault.meanMs);
}

/** A jump of the wall clock stays; a clog ends by itself. */
function end(stage: FaultStage, fault: Fault, id: string): void {
  switch (fault.kind) {
    case 'kill':
      stage.restart(fault.process);
      return;
    case 'pause':
      stage.process(fault.process)?.resume();
      return;
    case 'power':
      for (const machine of fault.machines) stage.powerOn(machine);
      return;
    case 'freeze':
      stage.machine(fault.machine).thaw();
      return;
    case 'cut':
      for (const [from, to] of fault.links)
        stage.fabric.heal(stage.machine(from).host, stage.machine(to).host, id);
      return;
    case 'clog':
    case 'jump':
      return;
  }
}

export function describeFault(fault: Fault): string {
  const { atMs, forMs, ...rest } = fault;
  return `fault ${JSON.stringify(rest)} at ${Math.round(atMs)} for ${Math.round(forMs)} ms`;
}
