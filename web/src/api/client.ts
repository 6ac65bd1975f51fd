// The only place that calls the server's API; every failure comes out as one kind of error.
import createClient from 'openapi-fetch';
import type { Style } from './style';
import type { Collection, Feature, FeaturePage, Group, paths } from './types';

const client = createClient<paths>({ baseUrl: '/' });

/** Why an answer did not come: the server has no such thing, or it could not be asked. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    cause?: unknown,
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
  if (!result.response.ok || result.data === undefined) throw new ApiError(result.response.status);
  return result.data;
}

export function collections(): Promise<{ groups: Group[]; collections: Collection[] }> {
  return answer(client.GET('/api/collections'));
}

export function feature(layer: string, id: number, signal: AbortSignal): Promise<Feature> {
  return answer(client.GET('/api/collections/{layer}/items/{id}', { params: { path: { layer, id } }, signal }));
}

export function features(
  layer: string,
  query: { bbox?: string; limit: number },
  signal?: AbortSignal,
): Promise<FeaturePage> {
  return answer(
    client.GET('/api/collections/{layer}/items', {
      params: { path: { layer }, query },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** The style is no part of the API's description: it is a document of MapLibre's own format. */
export async function style(): Promise<Style> {
  const response = await fetch('/styles/light.json').catch((cause: unknown) => {
    throw new ApiError(0, cause);
  });
  if (!response.ok) throw new ApiError(response.status);
  return (await response.json()) as Style;
}
