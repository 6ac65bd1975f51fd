// The box asks after a pause in typing, never shows an answer to another question, and comes back when it was sent away.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, search as ask, type Question } from '../api/client';
import type { Found } from '../api/types';
import { search } from './search.svelte';

vi.mock('../api/client', async (actual) => ({ ...(await actual<object>()), search: vi.fn() }));
vi.mock('./session.svelte', () => ({ session: { lang: 'uk' } }));

interface Asked {
  question: Question;
  signal: AbortSignal;
  answer: (found: Found | ApiError) => Promise<void>;
}

const found = (q: string): Found => ({ q, groups: [], around: null, suggestions: [] });

describe('search', () => {
  let asked: Asked[];

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    vi.mocked(ask).mockImplementation((question, signal) => {
      return new Promise((resolve, reject) => {
        const answer = async (what: Found | ApiError): Promise<void> => {
          if (what instanceof ApiError) reject(what);
          else resolve(what);
          await vi.advanceTimersByTimeAsync(0);
        };
        asked.push({ question, signal, answer });
      });
    });
    search.clear();
    search.close();
    search.found = null;
    search.near = null;
  });
  afterEach(() => vi.useRealTimers());

  const questions = (): unknown[] => asked.map(({ question }) => question.q);

  it('asks once after a pause in typing, and the link says what was asked', async () => {
    for (const text of ['с', 'со', 'соб ']) search.type(text);
    expect(questions()).toEqual([]);
    expect(search.settled).toBeNull();
    vi.advanceTimersByTime(150);
    expect(questions()).toEqual(['соб']);
    expect(search.settled).toBe('соб');
    expect(search.current).toBe(false);
    await asked[0]?.answer(found('соб'));
    expect(search).toMatchObject({ current: true, status: 'ready', found: { q: 'соб' } });
  });

  it('drops what it asked before, and keeps the last good answer until the next', async () => {
    search.type('соб', true);
    await asked[0]?.answer(found('соб'));
    search.type('собо', true);
    search.type('собор', true);
    expect(asked[1]?.signal.aborted).toBe(true);
    await asked[1]?.answer(found('собо'));
    expect(search).toMatchObject({ current: false, status: 'loading', found: { q: 'соб' } });
    await asked[2]?.answer(found('собор'));
    expect(search).toMatchObject({ current: true, found: { q: 'собор' } });
  });

  it('does not ask again what it knows, but does where the map has moved', async () => {
    search.near = { zoom: 15, lat: 49.50012, lon: 31.49988 };
    search.type('соб', true);
    await asked[0]?.answer(found('соб'));
    expect(asked[0]?.question).toEqual({ q: 'соб', lang: 'uk', near: '31.500,49.500' });
    search.show();
    expect(asked).toHaveLength(1);
    search.near = { zoom: 15, lat: 49.51, lon: 31.5 };
    search.show();
    expect(asked).toHaveLength(2);
  });

  it('does not wait for the pause where somebody is in a hurry', () => {
    search.type('соб');
    search.show();
    expect(questions()).toEqual(['соб']);
    vi.advanceTimersByTime(500);
    expect(questions()).toEqual(['соб']);
  });

  it('asks one register alone, until something else is typed', () => {
    search.type('соб', true);
    search.narrow('addresses');
    expect(asked[1]?.question).toMatchObject({ q: 'соб', layers: 'addresses', limit: 50 });
    search.type('собо', true);
    expect(asked[2]?.question).toEqual({ q: 'собо', lang: 'uk' });
  });

  it('comes back when the server says so', async () => {
    search.type('соб', true);
    await asked[0]?.answer(new ApiError(503, undefined, 2));
    expect(search.status).toBe('preparing');
    vi.advanceTimersByTime(1900);
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(questions()).toEqual(['соб', 'соб']);
    expect(search.status).toBe('preparing');
    await asked[1]?.answer(found('соб'));
    expect(search.status).toBe('ready');
  });

  it('does not come back once it is closed', async () => {
    search.type('соб', true);
    await asked[0]?.answer(new ApiError(503, undefined, 2));
    search.close();
    vi.advanceTimersByTime(60_000);
    expect(asked).toHaveLength(1);
  });

  it('says that it failed, and asks again on request', async () => {
    search.type('соб', true);
    await asked[0]?.answer(new ApiError(0));
    expect(search.status).toBe('failed');
    search.retry();
    await asked[1]?.answer(found('соб'));
    expect(search).toMatchObject({ status: 'ready', current: true });
  });

  it('follows a link: the list is open unless a card is', () => {
    search.follow('соб', true);
    expect(search).toMatchObject({ text: 'соб', open: true });
    expect(questions()).toEqual(['соб']);
    search.follow('соб', false);
    expect(search).toMatchObject({ text: 'соб', open: false });
    expect(asked[0]?.signal.aborted).toBe(true);
    search.follow(null, true);
    expect(search).toMatchObject({ text: '', open: false, settled: null });
  });

  it('asks no more than the server reads', () => {
    search.type('а'.repeat(300), true);
    expect(asked[0]?.question.q).toHaveLength(200);
  });
});
