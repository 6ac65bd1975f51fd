// A history is read page by page; what was left for another record never arrives.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serve, type Server } from '../testing';
import type { Past } from './past.svelte';

const step = (version: number): object => ({ version, from: '2026-01-01T00:00:00Z', event: 'changed', changes: [] });

function page(versions: number[], next?: string): Response {
  const links = next === undefined ? [] : [{ rel: 'next', href: next, type: 'application/json' }];
  return Response.json({ links, versions: versions.map(step) });
}

describe('past', () => {
  let server: Server;
  let make: () => Past;

  beforeEach(async () => {
    server = serve();
    const { Past } = await import('./past.svelte');
    make = () => new Past();
  });
  afterEach(() => vi.unstubAllGlobals());

  const kiosk = { layer: 'kiosks', id: 7, version: 3 };
  const settled = (past: Past): Promise<void> => vi.waitFor(() => expect(past.status).not.toBe('loading'));

  it('goes on where the page before ended', async () => {
    server.answers = [page([3, 2], 'http://city/x?limit=2&before=2026-01-01T00%3A00%3A00Z'), page([1])];
    const past = make();
    past.look(kiosk);
    await settled(past);
    expect(past.next).toBe('2026-01-01T00:00:00Z');
    await past.more();
    expect(past.versions.map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(past.next).toBeNull();
    expect(server.asked).toEqual(['', '?before=2026-01-01T00%3A00%3A00Z']);
  });

  it('asks again only where the record has changed', async () => {
    server.answers = [page([3]), page([3]), page([4, 3])];
    const past = make();
    // folded before there was an answer, unfolded, folded and unfolded
    past.look(kiosk)();
    past.look(kiosk);
    await settled(past);
    past.look(kiosk);
    expect(server.asked).toHaveLength(2);
    past.look({ ...kiosk, version: 4 });
    await settled(past);
    expect(past.versions).toHaveLength(2);
  });

  it('tells a register without a history from a server that does not answer', async () => {
    server.answers = [new Response('{}', { status: 404 }), new TypeError('offline'), page([1])];
    const past = make();
    past.look(kiosk);
    await settled(past);
    expect(past.status).toBe('missing');
    await past.more();
    expect(past.status).toBe('failed');
    await past.more();
    expect(past.versions).toHaveLength(1);
  });
});
