// Small records and registers for unit tests, and a server that answers as they say.
import { vi } from 'vitest';
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

/** Gives its answers in turn and remembers the query strings that it was asked. */
export interface Server {
  asked: string[];
  answers: (Response | Error)[];
}

/** Takes the network's place until `vi.unstubAllGlobals()`. Modules that are imported after this ask it. */
export function serve(): Server {
  const server: Server = { asked: [], answers: [] };
  vi.stubGlobal('fetch', (request: Request) => {
    server.asked.push(new URL(request.url, 'http://city').search);
    const answer = server.answers.shift() ?? new Error('nobody expected this');
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
  return server;
}
