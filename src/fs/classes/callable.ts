/** A class that may be called without `new`, as the constructors of `node:fs` may. */
export type Callable<C extends new (...args: never[]) => unknown> = C &
  ((...args: ConstructorParameters<C>) => InstanceType<C>);

/**
 * Lets a class be called as a function, as programs do that were written for the constructors of `node:fs` before
 * there were classes. Instances are those of the class.
 */
export function callable<C extends new (...args: never[]) => object>(Class: C): Callable<C> {
  function construct(...args: unknown[]): object {
    return Reflect.construct(Class, args, new.target ?? construct);
  }
  Object.setPrototypeOf(construct, Class);
  Object.defineProperty(construct, 'name', { value: Class.name });
  Object.defineProperty(construct, 'prototype', { value: Class.prototype });
  Object.defineProperty(Class.prototype, 'constructor', { value: construct, writable: true, configurable: true });
  // A function with the class's statics and prototype is what the type says; the compiler cannot see it.
  return construct as unknown as Callable<C>;
}
