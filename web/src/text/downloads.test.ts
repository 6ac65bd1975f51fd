// A register is offered as what the server makes of it, and as of the day that the page shows.
import { beforeEach, describe, expect, it } from 'vitest';
import { collection } from '../testing';
import { downloads } from './downloads';
import { overwriteGetLocale } from './messages/runtime';

beforeEach(() => overwriteGetLocale(() => 'uk'));

const enclosure = (path: string): { rel: string; href: string; type: string } => ({
  rel: 'enclosure',
  href: `https://city/api/collections/kiosks${path}`,
  type: 'x',
});

describe('downloads', () => {
  const kiosks = {
    ...collection('kiosks'),
    links: [
      { rel: 'self', href: 'https://city/api/collections/kiosks', type: 'application/json' },
      enclosure('/legal.zip'),
      enclosure('/export.dxf'),
      enclosure('/export.csv'),
    ],
  };

  it('are what the server offers, the plainest first', () => {
    expect(downloads(kiosks, null).map(({ name, href }) => [name, href.replace(/.*kiosks/, '')])).toEqual([
      ['CSV', '/export.csv'],
      ['Набір за постановою 835', '/legal.zip'],
    ]);
    expect(downloads(collection('kiosks'), null)).toEqual([]);
  });

  it('are of the day that is shown', () => {
    expect(downloads(kiosks, '2025-06-01')[0]?.href).toBe(
      'https://city/api/collections/kiosks/export.csv?datetime=2025-06-01',
    );
  });
});
