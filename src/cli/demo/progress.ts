import type { ContestProgress } from './contest.js';

const BAR_WIDTH = 30;
/** Without a terminal: a line each time that so much more is done. */
const LINE_EACH = 0.2;

export interface ProgressBar {
  show(progress: ContestProgress): void;
  end(): void;
}

/** A bar that draws itself anew on a terminal; a few lines where the output goes to a file. */
export function createProgressBar(output: NodeJS.WriteStream): ProgressBar {
  let nextLine = 0;
  return {
    show(progress) {
      if (output.isTTY) {
        // Back to the begin of the line, and clear it.
        output.write(`\r\u001B[K${render(progress)}`);
      } else if (progress.share >= nextLine) {
        nextLine = (Math.floor(progress.share / LINE_EACH) + 1) * LINE_EACH;
        output.write(`${render(progress)}\n`);
      }
    },
    end() {
      if (output.isTTY) output.write('\r\u001B[K');
    },
  };
}

function render({ share, faults, naiveMissing, reliableMissing }: ContestProgress): string {
  const done = Math.round(share * BAR_WIDTH);
  const bar = '#'.repeat(done) + '.'.repeat(BAR_WIDTH - done);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `[${bar}] ${percent}  ${faults} faults  not there yet: naive ${naiveMissing}, ReliableSocket ${reliableMissing}`;
}
