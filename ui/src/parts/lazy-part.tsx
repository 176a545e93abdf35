// A part of a page whose code is loaded when it is shown first.
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** The part; nothing is shown until its code is there. */
export function lazyPart<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  return (props: P) => {
    const [found, setFound] = useState<FunctionComponent<P>>();
    useEffect(() => {
      void load().then((component) => setFound(() => component));
    }, []);
    const Loaded = found;
    return Loaded ? <Loaded {...props} /> : null;
  };
}
