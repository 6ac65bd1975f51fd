// Edits made elsewhere reach the page: the map's tiles at once, the open card and the counts soon after.
import { SvelteMap } from 'svelte/reactivity';
import type { Change } from '../api/changes';
import { catalogue } from './catalogue.svelte';
import { Live } from './live';
import { moment } from './moment.svelte';
import { page } from './page.svelte';
import { selection } from './selection.svelte';

/** How long the map waits for the stream before it opens without. */
const patience = 1_000;
/** Records are asked for again this often at most, however many edits there are. */
const pause = 1_000;

class Changes {
  readonly #live = new Live({
    changed: (changes) => this.#changed(changes),
    reset: () => this.#reset(),
    hello: () => this.#greeted(),
  });
  readonly #versions = new SvelteMap<string, number>();
  #resets = $state(0);
  #pending: Change[] = [];
  #resting: ReturnType<typeof setTimeout> | undefined;
  #greeted = (): void => undefined;

  /** Becomes another number when records of a register may have changed: what shows them depends on it. */
  version(layer: string): number {
    return this.#resets + (this.#versions.get(layer) ?? 0);
  }

  /** The last moment that was heard of. */
  get position(): string | null {
    return this.#live.position;
  }

  /** Listens for the whole city before the map asks for its first tile, so that no edit falls in between. */
  async begin(): Promise<void> {
    if (!catalogue.extent || moment.day !== null) return;
    const greeted = new Promise<void>((resolve) => (this.#greeted = resolve));
    this.#live.watch([...page.shown], catalogue.extent);
    await Promise.race([greeted, new Promise((resolve) => setTimeout(resolve, patience))]);
  }

  /** Follows the map. */
  follow(): void {
    if (page.reach && moment.day === null) this.#live.watch([...page.shown], page.reach);
  }

  /** Whether somebody looks at the page. What was does not change, so nobody listens while the page shows the past. */
  attend(visible: boolean): void {
    if (visible && moment.day === null) this.#live.resume();
    else this.#live.pause();
  }

  #changed(changes: Change[]): void {
    page.map?.refresh(changes);
    this.#pending.push(...changes);
    if (!this.#resting) this.#pass();
  }

  #reset(): void {
    page.map?.refresh(null);
    this.#resets += 1;
    selection.refresh();
  }

  /** Hands on what is pending, and again after a rest if more has come by then. */
  #pass(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#resting = pending.length > 0 ? setTimeout(() => this.#pass(), pause) : undefined;
    for (const layer of new Set(pending.map((change) => change.layer))) {
      this.#versions.set(layer, (this.#versions.get(layer) ?? 0) + 1);
    }
    const { target } = selection;
    const isOpen = ({ layer, ids }: Change): boolean => layer === target?.layer && (ids?.includes(target.id) ?? true);
    if (pending.some(isOpen)) selection.refresh();
  }
}

export const changes = new Changes();
