/** Makes it once for each, and forgets it with it: a keypress asks for those of all. */
export function once<T extends object, R>(make: (of: T) => R): (of: T) => R {
  const made = new WeakMap<T, R>();
  return (of) => {
    let one = made.get(of);
    if (one === undefined) {
      one = make(of);
      made.set(of, one);
    }
    return one;
  };
}
