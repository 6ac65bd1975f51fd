// Finding a register among many by a few letters of its name, or of what it is about.
import type { Collection, Group } from '../api/types';

/** Letters as people type them: no case, one kind of apostrophe, and г for ґ. */
function plain(text: string): string {
  return text
    .toLocaleLowerCase('uk')
    .replaceAll(/[’ʼ'`"«»]/g, '')
    .replaceAll('ґ', 'г');
}

function words(text: string): string[] {
  return plain(text)
    .split(/[^\p{L}\p{N}_]+/u)
    .filter((word) => word !== '');
}

/** "землі" finds "Земля" as well: of a longer word the ending does not count. */
function stem(word: string): string {
  return word.length < 5 ? word : word.replace(/[аеєиіїйоуюяь]{1,2}$/, '');
}

/** More registers than this are better looked for with another letter. */
const most = 6;

/** The registers that have all the words in their names, then those that need their group's name, then their description for it. */
export function findRegisters(query: string, registers: Collection[], groups: Group[]): Collection[] {
  const wanted = words(query).map(stem);
  // a letter says nothing
  if (wanted.join('').length < 2) return [];
  const headings = new Map(groups.map(({ id, title }) => [id, `${title.uk} ${title.en}`]));
  const found: Collection[][] = [[], [], []];
  for (const register of registers) {
    const { title, group, description } = register.misto;
    const known: string[] = [];
    const tiers = [
      `${title.uk} ${title.en} ${register.id}`,
      headings.get(group) ?? '',
      `${description.uk} ${description.en}`,
    ];
    const tier = tiers.findIndex((text) => {
      known.push(...words(text));
      return wanted.every((word) => known.some((one) => one.startsWith(word)));
    });
    found[tier]?.push(register);
  }
  return found.flat().slice(0, most);
}

/** Whether the very name of a register, in either language, begins with what was typed; a letter or two say nothing. */
export function begins({ misto: { title } }: Collection, query: string): boolean {
  const typed = plain(query).trim();
  return typed.length >= 3 && [title.uk, title.en].some((name) => plain(name).startsWith(typed));
}
