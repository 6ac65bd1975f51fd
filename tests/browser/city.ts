// The city that the server shows, as tests of its tiles see it: registers and the addresses of their tiles.
import type { APIRequestContext } from '@playwright/test';

export interface Collection {
  id: string;
  extent?: { spatial: { bbox: [[number, number, number, number]] } };
  misto: { zooms: { min: number; max: number }; geometry: 'point' | 'line' | 'polygon' };
}

export const FIRST_ZOOM = 6;
export const LAST_ZOOM = 16;

/** The registers that hold something. */
export async function registers(request: APIRequestContext): Promise<Collection[]> {
  const answer = await request.get('/api/collections');
  const { collections } = (await answer.json()) as { collections: Collection[] };
  return collections.filter(({ extent }) => extent);
}

/** The tiles of a zoom that the collections' extents touch. */
export function addresses(collections: Collection[], zoom: number): string[] {
  const boxes = collections.map(({ extent }) => extent?.spatial.bbox[0] ?? [0, 0, 0, 0]);
  const [west, south, east, north] = [0, 1, 2, 3].map((side) => {
    const values = boxes.map((box) => box[side] ?? 0);
    return side < 2 ? Math.min(...values) : Math.max(...values);
  }) as [number, number, number, number];
  const width = 2 ** zoom;
  const column = (lon: number) => Math.floor((lon / 360 + 0.5) * width);
  const row = (lat: number) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * width);
  };
  const found: string[] = [];
  for (let x = column(west); x <= column(east); x++) {
    for (let y = row(north); y <= row(south); y++) found.push(`${zoom}/${x}/${y}`);
  }
  return found;
}
