// Sums and counts over records: pure, so that the figures of the budget and of the appeals can be tested.
import type { Feature, Standing } from '../api/types';
import { standings } from '../map/marks';
import { standingOf } from '../text/feature';

export interface Budget {
  count: number;
  planned: number;
  contracted: number;
  states: { standing: Standing; count: number; planned: number }[];
  largest: Feature[];
}

export interface Tally<T> {
  of: T;
  count: number;
}

function sum(features: Feature[], field: string): number {
  return features.reduce((total, { properties }) => total + amount(properties[field]), 0);
}

/** The server writes sums as numbers; exact decimals may come as text. */
export function amount(value: Feature['properties'][string] | undefined): number {
  const parsed = typeof value === 'string' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : 0;
}

export function byStanding(features: Feature[]): Tally<Standing>[] {
  return standings
    .map((of) => ({ of, count: features.filter(({ properties }) => standingOf(properties) === of).length }))
    .filter(({ count }) => count > 0);
}

export function byValue(features: Feature[], field: string): Tally<string>[] {
  const counts = new Map<string, number>();
  for (const { properties } of features) {
    const value = properties[field];
    if (typeof value === 'string' && value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([of, count]) => ({ of, count })).toSorted((a, b) => b.count - a.count);
}

export function yearsOf(features: Feature[]): number[] {
  const years = new Set(features.map(({ properties }) => amount(properties['year'])));
  return [...years].filter((year) => year > 0).toSorted((a, b) => b - a);
}

export function budgetOf(features: Feature[]): Budget {
  return {
    count: features.length,
    planned: sum(features, 'sum_planned'),
    contracted: sum(features, 'sum_contracted'),
    states: byStanding(features).map(({ of: standing, count }) => {
      const these = features.filter(({ properties }) => standingOf(properties) === standing);
      return { standing, count, planned: sum(these, 'sum_planned') };
    }),
    largest: features.toSorted((a, b) => amount(b.properties['sum_planned']) - amount(a.properties['sum_planned'])),
  };
}

/** Newest first by a date or moment written in ISO 8601. */
export function newest(features: Feature[], field: string): Feature[] {
  return features.toSorted((a, b) =>
    String(b.properties[field] ?? '').localeCompare(String(a.properties[field] ?? '')),
  );
}
