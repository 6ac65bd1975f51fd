// The figures of the budget and of the appeals, counted by hand.
import { describe, expect, it } from 'vitest';
import { record } from '../testing';
import { budgetOf, byValue, newest, yearsOf } from './summary';

const works = [
  record({ sum_planned: 100, sum_contracted: 90, standing: 'active', year: 2026 }, 1),
  record({ sum_planned: 300, sum_contracted: null, standing: 'planned', year: 2027 }, 2),
  record({ sum_planned: '50.50', standing: 'late', year: 2026 }, 3),
  record({ standing: null }, 4),
];

describe('budget', () => {
  const budget = budgetOf(works);

  it('adds up what is known', () => {
    expect(budget).toMatchObject({ count: 4, planned: 450.5, contracted: 90 });
  });

  it('puts what asks for attention first', () => {
    expect(budget.states.map(({ standing }) => standing)).toEqual(['late', 'active', 'planned']);
  });

  it('lists the largest first', () => {
    expect(budget.largest.map(({ id }) => id)).toEqual([2, 1, 3, 4]);
    expect(yearsOf(works)).toEqual([2027, 2026]);
  });
});

describe('appeals', () => {
  it('are counted by category, the most frequent first', () => {
    const appeals = ['Дороги', 'Вода', 'Дороги', ''].map((category) => record({ category }));
    expect(byValue(appeals, 'category')).toEqual([
      { of: 'Дороги', count: 2 },
      { of: 'Вода', count: 1 },
    ]);
  });

  it('come newest first', () => {
    const days = ['2026-01-02', '2026-11-01', null].map((received, at) => record({ received }, at));
    expect(newest(days, 'received').map(({ id }) => id)).toEqual([1, 0, 2]);
  });
});
