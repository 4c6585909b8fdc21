/** One thing that happened during a check. */
export type Step =
  | { readonly kind: 'link'; readonly link: string; readonly text: string }
  | { readonly kind: 'sent' | 'came'; readonly link: string; readonly text: string }
  | { readonly kind: 'expected'; readonly link?: string; readonly text: string; readonly met: boolean };

const MOST_STEPS = 1_000;
const LONGEST_TEXT = 300;

/** Writes down what was sent, what came and what was expected, in order and within bounds. */
export class Trace {
  readonly steps: Step[] = [];
  #leftOut = 1;
  readonly #secrets: readonly string[];

  /** @param secrets What must not be shown, because reports are passed on. */
  constructor(secrets: readonly string[] = []) {
    this.#secrets = secrets;
  }

  /** When there are too many, those in the middle are left out: what was wrong is at the end. */
  add(step: Step): void {
    this.steps.push({ ...step, text: shorten(this.#hide(step.text)) });
    if (this.steps.length <= MOST_STEPS) return;
    this.#leftOut += 1;
    const note: Step = { kind: 'link', link: 'kit', text: `leaves out ${this.#leftOut} steps here` };
    this.steps.splice(MOST_STEPS / 2, 2, note);
  }

  #hide(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, '<token>'), text);
  }
}

function shorten(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}... (${text.length} characters)` : text;
}
