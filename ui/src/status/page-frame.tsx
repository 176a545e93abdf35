// What all status pages share: a title, and the three states of an answer.
import type { ComponentChildren } from 'preact';
import type { Loading } from '../api/use-polled';
import { Failure, Waiting } from '../parts/notice';

/** The page; `children` draws the answer once it is there. */
export function PageFrame<T>({ title, lead, tools, answer, children }: {
  title: string;
  lead: string;
  tools?: ComponentChildren;
  answer: Loading<T>;
  children: (data: T) => ComponentChildren;
}) {
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>{title}</h1>
          <p class="soft">{lead}</p>
        </div>
        {tools && <div class="page-tools">{tools}</div>}
      </div>
      {answer.error && <Failure error={answer.error} retry={answer.reload} />}
      {answer.data === undefined
        ? answer.loading && <Waiting what={title.toLowerCase()} />
        : children(answer.data)}
    </div>
  );
}
