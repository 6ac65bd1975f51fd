// The only place that calls the server's API; every failure comes out as one kind of error.
import createClient from 'openapi-fetch';
import type { paths } from './schema.gen';
import type { Style } from './style';
import type { Collection, Feature, FeaturePage, Found, Group, Hit, Version } from './types';

// browsers that go to an address get a page; scripts that do not say get JSON
const client = createClient<paths, 'application/json' | 'application/geo+json'>({ baseUrl: '/' });

/** Why an answer did not come: the server has no such thing, or it could not be asked. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    cause?: unknown,
    /** Seconds after which the server wants to be asked again. */
    readonly again: number | null = null,
  ) {
    super(`API answered ${status}`, { cause });
  }

  get missing(): boolean {
    return this.status === 404 || this.status === 410;
  }
}

async function answer<T>(call: Promise<{ data?: T | undefined; response: Response }>): Promise<T> {
  let result: { data?: T | undefined; response: Response };
  try {
    result = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, cause);
  }
  const { response, data } = result;
  if (response.ok && data !== undefined) return data;
  const again = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  throw new ApiError(response.status, undefined, Number.isNaN(again) ? null : again);
}

/** The registers; what else the list holds (the catalogue of records) is for other programs. */
export async function collections(): Promise<{ groups: Group[]; collections: Collection[] }> {
  const { groups, collections: all } = await answer(client.GET('/api/collections'));
  return { groups, collections: all.filter((one): one is Collection => 'misto' in one) };
}

/** How many records the registers had at the end of a day, by id; of some nobody knows. */
export async function countsOn(day: string): Promise<Map<string, number>> {
  const { collections: all } = await answer(client.GET('/api/collections', { params: { query: { datetime: day } } }));
  const counts = all.map((one): [string, unknown] => [one.id, 'misto' in one ? one.misto.count : null]);
  return new Map(counts.filter((one): one is [string, number] => typeof one[1] === 'number'));
}

/** A record, as it was at the end of a day where one is given. */
export async function feature(
  { layer, id }: { layer: string; id: number },
  { day, lang }: { day: string | null; lang: string },
  signal: AbortSignal,
): Promise<Feature> {
  const params = { path: { layer, id }, query: day === null ? {} : { datetime: day } };
  // its neighbours come with their names in words
  const headers = { 'Accept-Language': lang };
  const call = client.GET('/api/collections/{layer}/items/{id}', { params, headers, signal });
  return (await answer(call)) as Feature;
}

/** A page of what has happened to a record, the newest first, and where the next one begins. */
export interface HistoryPage {
  versions: Version[];
  next: string | null;
}

export async function history(
  layer: string,
  id: number,
  before: string | null,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const query = before === null ? {} : { before };
  const path = { layer, id };
  const call = client.GET('/api/collections/{layer}/items/{id}/history', { params: { path, query }, signal });
  const { versions, links } = await answer(call);
  const next = links.find(({ rel }) => rel === 'next')?.href.split('?')[1];
  return { versions, next: new URLSearchParams(next).get('before') };
}

export async function features(
  layer: string,
  query: { bbox?: string; limit: number; datetime?: string },
  signal: AbortSignal | null = null,
): Promise<FeaturePage> {
  const call = client.GET('/api/collections/{layer}/items', { params: { path: { layer }, query }, signal });
  return (await answer(call)) as FeaturePage;
}

/** The map's style, with tiles of the given encoding where it is not the usual one. */
export async function style(encoding: 'mlt' | null): Promise<Style> {
  const query = encoding ? { encoding } : {};
  const call = client.GET('/styles/{name}', { params: { path: { name: 'light.json' }, query } });
  return (await answer(call)) as Style;
}

export type Question = NonNullable<paths['/api/search']['get']['parameters']['query']>;

export async function search(query: Question, signal: AbortSignal): Promise<Found> {
  return (await answer(client.GET('/api/search', { params: { query }, signal }))) as Found;
}

/** The addresses nearest to a point, none where there is no address for two kilometres. */
export async function addressesAt(point: number[], lang: string, signal: AbortSignal): Promise<Hit[]> {
  const [lon = 0, lat = 0] = point;
  const query = { lon, lat, lang, limit: 3 };
  const { hits } = await answer(client.GET('/api/search/reverse', { params: { query }, signal }));
  return hits as Hit[];
}
