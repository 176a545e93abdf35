// A component that is drawn again only when one of its properties is another value.
import { Component, h, type ComponentType, type FunctionComponent } from 'preact';

/** Wraps a component of long lists. */
export function memo<P extends object>(inner: FunctionComponent<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return !sameProps(this.props, next);
    }

    override render() {
      return h(inner, this.props as P);
    }
  };
}

function sameProps(a: object, b: object): boolean {
  const before = Object.entries(a);
  const after = new Map(Object.entries(b));
  return (
    before.length === after.size &&
    before.every(([key, value]) => Object.is(value, after.get(key)))
  );
}
