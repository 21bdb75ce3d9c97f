/** The items in lists of at most so many. */
export function listsOf<T>(most: number, items: readonly T[]): T[][] {
  const lists: T[][] = [];
  for (let start = 0; start < items.length; start += most) lists.push(items.slice(start, start + most));
  return lists;
}
