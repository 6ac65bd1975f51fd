// Small records and registers for unit tests.
import type { Collection, Feature, Field, Register } from './api/types';

export function field(name: string, more: Partial<Field> = {}): Field {
  const title = { uk: name, en: name };
  return {
    name,
    title,
    type: 'text',
    required: false,
    unit: null,
    values: null,
    minor: false,
    tiles: null,
    example: '',
    ...more,
  };
}

export function collection(id: string, more: Partial<Register> = {}): Collection {
  const text = { uk: id, en: id };
  return {
    id,
    title: id,
    description: id,
    itemType: 'feature',
    crs: [],
    storageCrs: '',
    links: [],
    misto: {
      title: text,
      description: text,
      group: 'g',
      order: 1,
      geometry: 'point',
      name: '{title}',
      key: [],
      zooms: { min: 0, max: 16 },
      updated: 'daily',
      licence: 'CC-BY-4.0',
      attribution: text,
      color: '#6b7280',
      legal: null,
      status: null,
      count: 1,
      fields: [],
      ...more,
    },
  };
}

export function record(properties: Feature['properties'], id = 1): Feature {
  return { type: 'Feature', id, geometry: { type: 'Point', coordinates: [31, 49] }, properties };
}
