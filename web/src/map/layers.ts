// Which registers a theme shows by itself, and what the visitor's own switches change about it.
import type { Style } from '../api/style';
import type { Collection } from '../api/types';
import type { Switches, Theme } from '../url';
import { isBase, isShown } from './style';

/** Registers with a theme of their own: the theme's panel is about them. */
export const subject: Record<Exclude<Theme, 'registers'>, string> = { budget: 'capital_works', appeals: 'appeals' };

/** The base map, and what helps to find one's way on it, is on in every theme. */
const orientation = new Set(['addresses']);

/** What a tap never opens: the ground on which the rest stands. */
const ground = new Set(['boundary', 'districts', 'water', 'green', 'railways']);

export function shownByTheme(theme: Theme, style: Style, collections: Collection[]): Set<string> {
  const subjects = Object.values(subject);
  const shows = (id: string): boolean => {
    if (isBase(style, id) || orientation.has(id)) return true;
    return theme === 'registers' ? !subjects.includes(id) && isShown(style, id) : id === subject[theme];
  };
  return new Set(collections.map(({ id }) => id).filter(shows));
}

export function withSwitches(shown: Set<string>, { on, off }: Switches): Set<string> {
  return new Set([...shown].filter((id) => !off.includes(id)).concat(on));
}

/** The switches after one register is turned on or off; nothing that the theme does by itself is kept. */
export function switched(shown: Set<string>, { on, off }: Switches, id: string, to: boolean): Switches {
  const rest = { on: on.filter((one) => one !== id), off: off.filter((one) => one !== id) };
  if (to === shown.has(id)) return rest;
  return to ? { ...rest, on: [...rest.on, id] } : { ...rest, off: [...rest.off, id] };
}

/** Whether a register holds something to ask about, rather than the ground or the way to find it. */
export function asksAbout(style: Style, id: string): boolean {
  return !isBase(style, id) && !orientation.has(id);
}

export function pickable(id: string | undefined): boolean {
  return id !== undefined && !ground.has(id);
}
