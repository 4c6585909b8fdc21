import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { base64url, withParams } from '../../../src/core/url.js';

describe('withParams', () => {
  it.each([
    ['wss://host/live', { a: 1 }, 'wss://host/live?a=1'],
    ['wss://host/live?x=1', { a: 1, b: 'two' }, 'wss://host/live?x=1&a=1&b=two'],
    ['wss://host/live?', { a: 1 }, 'wss://host/live?&a=1'],
    ['wss://host', {}, 'wss://host'],
    ['wss://host/live#part', { a: 1 }, 'wss://host/live?a=1'],
    ['wss://host/live#a\nb#c', {}, 'wss://host/live'],
    ['wss://host/?u=http://x/?y', { a: 0 }, 'wss://host/?u=http://x/?y&a=0'],
  ])('makes of %j with %o %j', (url, params, wanted) => {
    expect(withParams(url, params)).toBe(wanted);
  });

  it('leaves out what is undefined, and nothing else that is empty', () => {
    expect(withParams('ws://h/', { a: undefined, b: '', c: 0 })).toBe('ws://h/?b=&c=0');
  });

  it('replaces what is no character, as a URL would: an epoch comes from the server, and must not make it throw', () => {
    expect(withParams('ws://h/', { epoch: '\ud800', token: 'a\udfffb' })).toBe(
      'ws://h/?epoch=%EF%BF%BD&token=a%EF%BF%BDb',
    );
    expect(withParams('ws://h/', { epoch: '\ud83d\ude00' })).toBe('ws://h/?epoch=%F0%9F%98%80');
  });

  // Kills: a name or value that is not encoded, a second `?` for `&`.
  test.prop([fc.dictionary(fc.string({ minLength: 1 }), fc.string())])('keeps any text for the server', (params) => {
    const url = withParams('ws://host/live?own=1', params);
    const read = new URL(url).searchParams;
    expect(read.get('own')).toBe('1');
    const names = Object.keys(params).filter((name) => name !== 'own');
    for (const name of names) expect(read.get(name)).toBe(params[name]);
    expect([...read]).toHaveLength(Object.keys(params).length + 1);
  });
});

describe('base64url', () => {
  it.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['eyJhbGciOi', 'ZXlKaGJHY2lPaQ'],
    ['~~~???', 'fn5-Pz8_'],
    ['%41', 'JTQx'],
    ['grüße 🎉', 'Z3LDvMOfZSDwn46J'],
  ])('of %j is %j', (text, wanted) => {
    expect(base64url(text)).toBe(wanted);
  });

  it('loses nothing of a text that is long', () => {
    const text = 'ü'.repeat(10_001);
    expect(base64url(text)).toBe(Buffer.from(text, 'utf8').toString('base64url'));
  });

  // Kills: padding, `+` and `/` in the alphabet, bytes that are characters, bits that are lost at the end.
  test.prop([fc.string({ unit: 'grapheme', maxLength: 40 })])('is what any decoder reads', (text) => {
    expect(base64url(text)).toBe(Buffer.from(text, 'utf8').toString('base64url'));
  });
});
