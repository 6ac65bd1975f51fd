// Counts of registers are those of the day that the page shows.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collection } from '../testing';

describe('counts', () => {
  let asked: string[];
  let answers: (Response | Error)[];

  beforeEach(() => {
    asked = [];
    answers = [];
    vi.stubGlobal('fetch', (request: Request) => {
      asked.push(new URL(request.url, 'http://city').search);
      const answer = answers.shift() ?? new Error('nobody expected this');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    });
    // outside of a browser a request must have a whole address
    const Whole = Request;
    vi.stubGlobal(
      'Request',
      class extends Whole {
        constructor(url: string, init?: RequestInit) {
          super(new URL(url, 'http://city'), init);
        }
      },
    );
    // the client takes what is there when it is loaded
    vi.resetModules();
  });
  afterEach(() => vi.unstubAllGlobals());

  const then = (count: number | undefined): Response =>
    Response.json({ collections: [{ id: 'kiosks', misto: { count } }, { id: 'catalogue' }] });

  it('are those of the day shown, and left out while they are not known', async () => {
    const [{ catalogue }, { moment }] = await Promise.all([import('./catalogue.svelte'), import('./moment.svelte')]);
    const kiosks = collection('kiosks', { count: 7 });
    catalogue.travel();
    expect([catalogue.count(kiosks), asked]).toEqual([7, []]);
    answers = [then(3)];
    moment.choose('2020-05-01');
    catalogue.travel();
    expect(catalogue.count(kiosks)).toBeNull();
    await vi.waitFor(() => expect(catalogue.count(kiosks)).toBe(3));
    catalogue.travel();
    expect(asked).toEqual(['?datetime=2020-05-01']);
    expect(catalogue.count(collection('other', { count: 9 }))).toBeNull();
    answers = [new Error('no connection')];
    moment.choose('2020-06-01');
    catalogue.travel();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(catalogue.count(kiosks)).toBeNull();
    moment.choose(null);
    catalogue.travel();
    expect(catalogue.count(kiosks)).toBe(7);
  });
});
