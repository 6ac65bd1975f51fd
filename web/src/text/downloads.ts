// The files that a register can be taken along as: those that the server offers and that people here know.
import type { Collection } from '../api/types';
import { m } from './messages/messages';

export interface Download {
  name: string;
  href: string;
  /** What it is good for, where the name does not say so. */
  hint?: () => string;
}

const known: { ending: string; name: string | (() => string); hint?: () => string }[] = [
  { ending: '/export.csv', name: 'CSV' },
  { ending: '/export.xlsx', name: 'Excel' },
  { ending: '/export.geojson', name: 'GeoJSON' },
  { ending: '/export.gpkg', name: 'GeoPackage' },
  { ending: '/export.shp.zip', name: 'Shapefile' },
  { ending: '/legal.zip', name: m.download_legal, hint: m.download_legal_hint },
];

/** What the server names among the register's links; as of the end of a day where one is given. */
export function downloads({ links }: Collection, day: string | null): Download[] {
  const offered = links.filter(({ rel }) => rel === 'enclosure').map(({ href }) => href);
  return known.flatMap(({ ending, name, hint }) => {
    const href = offered.find((one) => one.split('?')[0]?.endsWith(ending));
    if (href === undefined) return [];
    const dated = day === null ? href : `${href}${href.includes('?') ? '&' : '?'}datetime=${day}`;
    return [{ name: typeof name === 'string' ? name : name(), href: dated, ...(hint ? { hint } : {}) }];
  });
}
