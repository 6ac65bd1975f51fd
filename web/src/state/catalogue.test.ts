// Counts of registers are those of the day that the page shows.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collection, serve, type Server } from '../testing';

describe('counts', () => {
  let server: Server;

  beforeEach(() => {
    server = serve();
  });
  afterEach(() => vi.unstubAllGlobals());

  const then = (count: number | undefined): Response =>
    Response.json({ collections: [{ id: 'kiosks', misto: { count } }, { id: 'catalogue' }] });

  it('are those of the day shown, and left out while they are not known', async () => {
    const [{ catalogue }, { moment }] = await Promise.all([import('./catalogue.svelte'), import('./moment.svelte')]);
    const kiosks = collection('kiosks', { count: 7 });
    catalogue.travel();
    expect([catalogue.count(kiosks), server.asked]).toEqual([7, []]);
    server.answers = [then(3)];
    moment.choose('2020-05-01');
    catalogue.travel();
    expect(catalogue.count(kiosks)).toBeNull();
    await vi.waitFor(() => expect(catalogue.count(kiosks)).toBe(3));
    catalogue.travel();
    expect(server.asked).toEqual(['?datetime=2020-05-01']);
    expect(catalogue.count(collection('other', { count: 9 }))).toBeNull();
    server.answers = [new Error('no connection')];
    moment.choose('2020-06-01');
    catalogue.travel();
    await vi.waitFor(() => expect(server.asked).toHaveLength(2));
    expect(catalogue.count(kiosks)).toBeNull();
    moment.choose(null);
    catalogue.travel();
    expect(catalogue.count(kiosks)).toBe(7);
  });
});
