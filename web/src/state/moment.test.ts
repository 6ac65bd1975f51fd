// Days are the city's: near midnight the visitor's may be another.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { moment } from './moment.svelte';

describe('moment', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // 25 November in London, 26 November in Kyiv
    vi.setSystemTime('2026-11-25T22:30:00Z');
  });
  afterEach(() => vi.useRealTimers());

  it('is a day of the past', () => {
    moment.choose('2025-06-01');
    expect(moment.day).toBe('2025-06-01');
    moment.choose('2026-11-25');
    expect(moment.day).toBe('2026-11-25');
  });

  it.each(['2026-11-26', '2030-01-01', null])('is now where %s is asked for', (day) => {
    moment.choose('2025-06-01');
    moment.choose(day);
    expect(moment.day).toBeNull();
  });

  it('knows the day of a moment by the clock of the city', () => {
    expect(moment.dayOf('2025-06-01T21:30:00Z')).toBe('2025-06-02');
  });
});
