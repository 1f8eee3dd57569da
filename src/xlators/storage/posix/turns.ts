/** Work on one thing, one after another. What finds nobody before it runs at once, in the caller's own turn. */
export class Turns {
  private last: Promise<unknown> | undefined;

  run<T>(work: () => T | Promise<T>): Promise<T> {
    const before = this.last;
    if (before !== undefined) return this.queue(before.then(work, work));
    try {
      const outcome = work();
      return outcome instanceof Promise ? this.queue(outcome) : Promise.resolve(outcome);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private queue<T>(running: Promise<T>): Promise<T> {
    const over = () => {
      if (this.last === running) this.last = undefined;
    };
    this.last = running;
    running.then(over, over);
    return running;
  }
}
