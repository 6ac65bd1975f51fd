// What the server tells of edits as they happen: /api/changes, a stream of server-sent events.
import type { Box } from './types';

/** Records of a register that came, went or became different; no ids: any of them. */
export interface Change {
  layer: string;
  ids: number[] | null;
  /** Where they were and where they are; none for records without a place. */
  boxes: Box[];
}

export interface Watch {
  layers: string[];
  box: Box;
  /** Everything after this position is told; null: only what happens from now on. */
  since: string | null;
}

/** What a stream tells. A position is the server's own word for a moment in the register's life. */
export interface Listener {
  hello(position: string): void;
  change(change: Change, position: string): void;
  /** What has changed cannot be said any more: everything may have. */
  reset(position: string): void;
  /** The stream has ended, whatever the reason, and does not come back by itself. */
  lost(): void;
}

/** Opens a stream. Returns what closes it. */
export function listen({ layers, box, since }: Watch, listener: Listener): () => void {
  const query = new URLSearchParams({ layers: layers.join(','), bbox: box.map((edge) => edge.toFixed(6)).join(',') });
  if (since !== null) query.set('since', since);
  const source = new EventSource(`/api/changes?${query}`);
  source.addEventListener('hello', ({ lastEventId }) => listener.hello(lastEventId));
  source.addEventListener('change', ({ data, lastEventId }: MessageEvent<string>) =>
    listener.change(JSON.parse(data) as Change, lastEventId),
  );
  source.addEventListener('reset', ({ lastEventId }) => listener.reset(lastEventId));
  source.onerror = () => {
    source.close();
    listener.lost();
  };
  return () => source.close();
}
