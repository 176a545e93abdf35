// A dialog whose code is loaded when it is opened first.
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** The dialog; nothing is shown until its code is there. */
export function lazyDialog<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  return (props: P) => {
    const [found, setFound] = useState<FunctionComponent<P>>();
    useEffect(() => {
      void load().then((component) => setFound(() => component));
    }, []);
    const Loaded = found;
    return Loaded ? <Loaded {...props} /> : null;
  };
}
