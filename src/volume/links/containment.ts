/**
 * Whether a link stays in the space wherever it is followed.
 *
 * Names may stand for links themselves, so `..` after a name can lead anywhere: only a climb at the beginning, from the
 * folder the link really is in, is known to end inside.
 *
 * @param depth folders between the root of the space and the link: 0 for a link in the root
 */
export function staysInside(target: string, depth: number): boolean {
  if (target.startsWith('/')) return false;
  let climbed = 0;
  let descended = false;
  for (const name of target.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') descended = true;
    else if (descended || ++climbed > depth) return false;
  }
  return true;
}
