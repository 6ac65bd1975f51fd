// The stream must leave no gap: whatever closes it, the next one begins where all that was watched had been told.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change } from '../api/changes';
import type { Box } from '../api/types';
import { Live } from './live';

class Stream extends EventTarget {
  static all: Stream[] = [];
  closed = false;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    super();
    Stream.all.push(this);
  }
  close(): void {
    this.closed = true;
  }
  say(type: string, lastEventId: string, data?: Partial<Change>): void {
    this.dispatchEvent(new MessageEvent(type, { lastEventId, data: JSON.stringify(data) }));
  }
  get query(): Record<string, string> {
    return Object.fromEntries(new URL(this.url, 'http://city').searchParams);
  }
}

const view: Box = [32, 48, 32.1, 48.1];
const nearby: Box = [32.02, 48.02, 32.12, 48.12];
const elsewhere: Box = [33, 48, 33.1, 48.1];
const kiosk = { layer: 'kiosks', ids: [1], boxes: [] };

describe('live', () => {
  let told: string[];
  let live: Live;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    vi.stubGlobal('EventSource', Stream);
    Stream.all = [];
    told = [];
    live = new Live({
      changed: (changes) => told.push(changes.map(({ layer, ids }) => `${layer} ${ids?.join() ?? 'all'}`).join('; ')),
      reset: () => told.push('reset'),
      hello: () => undefined,
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  const open = (): Stream[] => Stream.all.filter(({ closed }) => !closed);
  function stream(): Stream {
    vi.advanceTimersByTime(250);
    const [only, ...others] = open();
    expect(others).toEqual([]);
    if (!only) throw new Error('no stream is open');
    return only;
  }

  it('watches more than the view, from now on', () => {
    live.watch(['parcels', 'kiosks'], view);
    expect(stream().query).toEqual({ layers: 'kiosks,parcels', bbox: '31.950000,47.950000,32.150000,48.150000' });
  });

  it('trusts nothing that was loaded before the first hello', () => {
    live.watch(['kiosks'], view);
    stream().say('hello', 'a');
    expect(told).toEqual(['reset']);
    expect(live.position).toBe('a');
  });

  it('tells together what comes close together', () => {
    live.watch(['kiosks'], view);
    stream().say('hello', 'a');
    const [only] = open();
    only?.say('change', 'a', kiosk);
    only?.say('change', 'b', { ...kiosk, ids: null });
    expect(live.position).toBe('b');
    vi.advanceTimersByTime(50);
    only?.say('change', 'c', kiosk);
    vi.advanceTimersByTime(50);
    expect(told).toEqual(['reset', 'kiosks 1; kiosks all', 'kiosks 1']);
  });

  it('keeps its stream while the view stays on watched ground', () => {
    live.watch(['kiosks'], view);
    stream().say('hello', 'a');
    live.watch(['kiosks'], nearby);
    stream();
    expect(Stream.all).toHaveLength(1);
  });

  it('follows the view, other layers and a view much closer', () => {
    live.watch(['kiosks'], view);
    stream().say('hello', 'a');
    live.watch(['kiosks'], elsewhere);
    expect(stream().query['bbox']).toBe('32.950000,47.950000,33.150000,48.150000');
    live.watch(['kiosks', 'zoning'], elsewhere);
    expect(stream().query['layers']).toBe('kiosks,zoning');
    live.watch(['kiosks', 'zoning'], [33.05, 48.05, 33.06, 48.06]);
    expect(stream().query['bbox']).toBe('33.045000,48.045000,33.065000,48.065000');
    live.watch([], elsewhere);
    vi.advanceTimersByTime(250);
    expect(open()).toEqual([]);
  });

  it('begins anew from the moment when the view left the watched ground, not from later', () => {
    live.watch(['kiosks'], view);
    const first = stream();
    first.say('hello', 'a');
    first.say('change', 'b', kiosk);
    live.watch(['kiosks'], elsewhere);
    first.say('change', 'c', kiosk);
    expect(live.position).toBe('c');
    const second = stream();
    expect(second.query['since']).toBe('b');
    // what was missed comes now, a batch's position with its last event: cut off in between, it is told again
    second.say('change', '', kiosk);
    expect(live.position).toBe('c');
    second.onerror?.();
    vi.advanceTimersByTime(2_000);
    expect(stream().query['since']).toBe('b');
    stream().say('change', '', kiosk);
    stream().say('change', 'd', kiosk);
    stream().say('hello', 'e');
    stream().onerror?.();
    vi.advanceTimersByTime(2_000);
    expect(stream().query['since']).toBe('e');
  });

  it('comes back after a loss, later and later, and in good time once it works again', () => {
    live.watch(['kiosks'], view);
    stream().say('hello', 'a');
    stream().say('change', 'b', kiosk);
    for (const pause of [2_000, 4_000, 8_000]) {
      open()[0]?.onerror?.();
      vi.advanceTimersByTime(pause - 1);
      expect(open()).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(open()[0]?.query['since']).toBe('b');
    }
    open()[0]?.say('hello', 'z');
    open()[0]?.onerror?.();
    vi.advanceTimersByTime(2_000);
    expect(open()).toHaveLength(1);
  });

  it('is closed while nobody looks, and tells on return what happened meanwhile', () => {
    live.watch(['kiosks'], view);
    stream().say('hello', 'a');
    live.pause();
    live.watch(['kiosks'], elsewhere);
    vi.advanceTimersByTime(60_000);
    expect(open()).toEqual([]);
    live.resume();
    expect(stream().query['since']).toBe('a');
  });

  it('goes on from a reset, not from before it', () => {
    live.watch(['kiosks'], view);
    stream().say('hello', 'a');
    live.pause();
    live.resume();
    stream().say('reset', 'f');
    stream().say('hello', 'f');
    expect(told).toEqual(['reset', 'reset']);
    live.pause();
    live.resume();
    expect(stream().query['since']).toBe('f');
  });
});
