// A part that cannot be drawn says so in its own place, and leaves the others alone.
import { Component, type ComponentChildren } from 'preact';

interface Props {
  /** Another one is another try. */
  stamp: unknown;
  children: ComponentChildren;
}

interface State {
  error: string | null;
  stamp: unknown;
}

/** Draws its children, or why they cannot be drawn. */
export class Guard extends Component<Props, State> {
  override state: State = { error: null, stamp: this.props.stamp };

  static override getDerivedStateFromProps(props: Readonly<Props>, state: Readonly<State>): Partial<State> | null {
    return Object.is(props.stamp, state.stamp) ? null : { error: null, stamp: props.stamp };
  }

  override componentDidCatch(error: unknown): void {
    this.setState({ error: error instanceof Error ? error.message : String(error) });
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return <p class="dash-empty row-error">This panel could not be drawn: {error}</p>;
  }
}
