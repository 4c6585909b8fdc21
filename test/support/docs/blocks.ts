import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../child.js';

/** A piece of code that a page shows. */
export interface Block {
  readonly page: string;
  /** Of the page, that of the first line of the code. */
  readonly line: number;
  readonly language: 'js' | 'ts' | 'tsx';
  readonly code: string;
}

const PAGES = ['README.md', 'PROTOCOL.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

/** Code of another library, from its heading to that of ours. It stays as empty lines. */
const BEFORE = /^\/\/ before\n(.*?)^\/\/ after.*?$/gms;

const blocksOf = (page: string): Block[] => {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(js|tsx?)\n(.*?)^```$/gms)].map((match) => {
    const { 0: all, 1: language, 2: code = '', index } = match;
    return {
      page,
      line: text.slice(0, index + all.indexOf('\n') + 1).split('\n').length,
      // Safe: the expression knows no others.
      language: language as Block['language'],
      code: code.replace(BEFORE, (before) => before.replace(/[^\n]/g, '')),
    };
  });
};

/** All code in JavaScript and TypeScript that the pages show. */
export const readBlocks = (): Block[] => PAGES.flatMap(blocksOf);
