import uPlot from 'uplot';
import type { Fates } from './ledger.js';

export const BIN_MS = 500;
const BINS = 80;

/** Which part of each bar is drawn in which colour, from the tallest to the shortest: the later ones cover the earlier. */
const layers = ['underWay', 'lost', 'told', 'arrived'] as const;
type Layer = (typeof layers)[number];

/** Messages by the order in which they were sent. */
export interface Stream {
  /** How many were sent so far. */
  readonly sent: number;
  /** Of the messages after `from` up to and including `to`. */
  fatesOf(from: number, to: number): Fates;
}

/**
 * What became of the messages of one direction, by the time at which they were
 * sent: a bar for each half second, full when all of its messages arrived. A
 * hole is a loss; one that was only late is filled.
 */
export class Strip {
  readonly #stream: Stream;
  readonly #plot: uPlot;
  readonly #frame: HTMLElement;
  readonly #title: string;
  /** The last number of each bin, the oldest first; one more than there are bins. */
  readonly #ends: number[] = [0];

  constructor(frame: HTMLElement, title: string, stream: Stream) {
    this.#frame = frame;
    this.#title = title;
    this.#stream = stream;
    frame.setAttribute('role', 'img');
    const bars = uPlot.paths.bars?.({ size: [1, Number.POSITIVE_INFINITY], gap: 0 });
    this.#plot = new uPlot(
      {
        ...this.#size(),
        padding: [0, 0, 0, 0],
        cursor: { show: false },
        legend: { show: false },
        axes: [{ show: false }, { show: false }],
        scales: { x: { time: false, range: [-BINS - 0.5, -0.5] }, y: { range: [0, 1] } },
        series: [
          {},
          ...layers.map((layer) => ({
            fill: () => colourOf(frame, layer),
            width: 0,
            points: { show: false },
            ...(bars === undefined ? {} : { paths: bars }),
          })),
        ],
      },
      this.#data(),
      frame,
    );
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(frame);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw());
  }

  /** Ends a bin: what is sent from now on belongs to the next one. */
  turn(): void {
    this.#ends.push(this.#stream.sent);
    if (this.#ends.length > BINS + 1) this.#ends.shift();
  }

  draw(): void {
    this.#plot.setData(this.#data());
    const bins = this.#bins();
    const holes = bins.filter(({ lost }) => lost > 0).length;
    const late = bins.filter(({ underWay }) => underWay > 0).length;
    const span = `${(bins.length * BIN_MS) / 1_000} seconds`;
    this.#frame.setAttribute(
      'aria-label',
      `${this.#title}, the last ${span}: ${holes} of ${bins.length} bars have losses, ${late} wait.`,
    );
  }

  #bins(): Fates[] {
    return this.#ends.slice(1).map((end, at) => this.#stream.fatesOf(this.#ends[at] ?? 0, end));
  }

  /** Each layer's top is the share of all layers below it. */
  #data(): uPlot.AlignedData {
    const bins = this.#bins();
    const tops = layers.map((_, at) =>
      bins.map((fates) => {
        const sum = (names: readonly Layer[]): number => names.reduce((total, name) => total + fates[name], 0);
        const all = sum(layers);
        return all === 0 || fates[layers[at] ?? 'arrived'] === 0 ? null : sum(layers.slice(at)) / all;
      }),
    );
    return [bins.map((_, at) => at - bins.length), ...tops];
  }

  #size(): { width: number; height: number } {
    return { width: this.#frame.clientWidth, height: this.#frame.clientHeight };
  }
}

/** The colours are those of the style sheet, which knows whether it is dark. */
function colourOf(frame: HTMLElement, layer: Layer): string | CanvasPattern {
  const style = getComputedStyle(frame);
  const colour = style.getPropertyValue(`--${layer === 'underWay' ? 'under-way' : layer}`).trim();
  return layer === 'arrived' ? colour : hatched(colour, layer);
}

const patterns = new Map<string, string | CanvasPattern>();

/** Not by the colour alone: what is under way is dotted, what is lost is hatched. */
function hatched(colour: string, layer: Layer): string | CanvasPattern {
  const known = patterns.get(`${layer} ${colour}`);
  if (known !== undefined) return known;
  const size = Math.round(6 * devicePixelRatio);
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext('2d');
  if (context === null) return colour;
  context.globalAlpha = layer === 'underWay' ? 0.25 : 0.3;
  context.fillStyle = colour;
  context.fillRect(0, 0, size, size);
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = size / (layer === 'underWay' ? 6 : 2.4);
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift - 1, size + 1);
    context.lineTo(shift + size + 1, -1);
  }
  context.stroke();
  const pattern = context.createPattern(canvas, 'repeat') ?? colour;
  patterns.set(`${layer} ${colour}`, pattern);
  return pattern;
}
