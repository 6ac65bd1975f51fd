// Finding a register among many by a few letters of its name.
import type { Collection } from '../api/types';

/** Letters as people type them: no case, one kind of apostrophe, and г for ґ. */
function plain(text: string): string {
  return text
    .toLocaleLowerCase('uk')
    .replaceAll(/[’ʼ'`"«»]/g, '')
    .replaceAll('ґ', 'г');
}

/** "землі" finds "Земля" as well: of a longer word the ending does not count. */
function stem(word: string): string {
  return word.length < 5 ? word : word.replace(/[аеєиіїйоуюяь]{1,2}$/, '');
}

/** A test for registers whose name or group, in either language, has all the words. */
export function finder(query: string): (collection: Collection, group: string) => boolean {
  const words = plain(query)
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(stem);
  return ({ id, misto: { title } }, group) => {
    const names = plain(`${title.uk} ${title.en} ${group} ${id}`);
    return words.every((word) => names.includes(word));
  };
}
