// The one stream of changes that follows the view: where it is opened, when anew, and from which moment on it must tell.
import { listen, type Change, type Listener } from '../api/changes';
import type { Box } from '../api/types';
import { area, grown, within } from '../map/geometry';

/** What comes close together is told together. */
const gather = 50;
/** A view that moves on and on gets a new stream this often at most. */
const settle = 250;
/** After a stream was lost: twice as long each time, and never all visitors at once. */
const retry = { first: 2_000, longest: 60_000 };
/** A stream for much more ground than the view needs is exchanged for a smaller one. */
const tooWide = 64;

export interface Told {
  changed(changes: Change[]): void;
  reset(): void;
  hello(): void;
}

interface Wish {
  layers: string[];
  reach: Box;
}

export class Live {
  /** The last moment that was heard of: what is asked of the server must not be older. */
  position: string | null = null;
  /** All until here was told for all that was watched: where the next stream begins. */
  #cursor: string | null = null;
  #wish: Wish | null = null;
  #watched: { layers: string; box: Box } | null = null;
  #close: (() => void) | null = null;
  #opening: ReturnType<typeof setTimeout> | undefined;
  #losses = 0;
  #heard: Change[] = [];
  #paused = false;

  constructor(private readonly told: Told) {}

  /** Follows the view: these registers, on this ground. */
  watch(layers: string[], reach: Box): void {
    this.#wish = { layers: layers.toSorted(), reach };
    this.#follow();
  }

  /** Nobody looks: the stream is closed, and what happens meanwhile is told on return. */
  pause(): void {
    this.#paused = true;
    this.#end();
  }

  resume(): void {
    this.#paused = false;
    this.#losses = 0;
    this.#follow();
  }

  #follow(): void {
    if (this.#paused || !this.#wish || this.#fits(this.#wish)) return;
    // From here on the old stream does not tell all that the new one must.
    this.#watched = null;
    this.#opening ??= setTimeout(() => this.#open(), this.#close ? settle : 0);
  }

  #fits({ layers, reach }: Wish): boolean {
    const { layers: watched, box } = this.#watched ?? {};
    return box !== undefined && watched === layers.join() && within(reach, box) && area(box) < tooWide * area(reach);
  }

  #open(): void {
    this.#end();
    if (!this.#wish || this.#wish.layers.length === 0) return;
    const { layers, reach } = this.#wish;
    const box = grown(reach, 0.5);
    this.#watched = { layers: layers.join(), box };
    this.#close = listen({ layers, box, since: this.#cursor }, this.#listener());
  }

  #end(): void {
    clearTimeout(this.#opening);
    this.#opening = undefined;
    this.#close?.();
    this.#close = null;
    this.#watched = null;
  }

  #listener(): Listener {
    // All until a position was told before it. Events without one repeat the last one's, and at first there is none.
    const advance = (position: string): void => {
      if (position === '') return;
      this.position = position;
      if (this.#watched || this.#cursor === null) this.#cursor = position;
    };
    return {
      hello: (position) => {
        const isFirst = this.#cursor === null;
        this.#losses = 0;
        advance(position);
        this.told.hello();
        // What is on the screen already may be older than the first stream.
        if (isFirst) this.told.reset();
      },
      change: (change, position) => {
        advance(position);
        if (this.#heard.push(change) === 1) setTimeout(() => this.#tell(), gather);
      },
      reset: (position) => {
        advance(position);
        this.#heard = [];
        this.told.reset();
      },
      lost: () => {
        this.#end();
        const pause = Math.min(retry.first * 2 ** this.#losses++, retry.longest);
        this.#opening = setTimeout(() => this.#open(), pause * (0.5 + Math.random()));
      },
    };
  }

  #tell(): void {
    const heard = this.#heard;
    this.#heard = [];
    if (heard.length > 0) this.told.changed(heard);
  }
}
