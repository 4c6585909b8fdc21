import type { RawData } from 'ws';

export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A frame as an object with a `type`; undefined if it is none, for it may come from anybody. */
export function parseFrame(data: RawData): Frame | undefined {
  try {
    const frame: Frame | null = JSON.parse(String(data));
    return typeof frame?.type === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}
