//! Requests and answers: what is written is read, and any bytes are survived.

use chunk::pack;
use model::{Columns, Histogram, HistogramSample, HistogramValue, Labels, MatchOp, Matcher};
use proptest::prelude::*;

use super::*;

fn request() -> ReadRequest {
    let matcher = |op, value| Matcher::new("job", op, value).unwrap();
    ReadRequest {
        queries: vec![
            ReadQuery {
                start: -5,
                end: 1 << 41,
                matchers: vec![
                    matcher(MatchOp::Equal, "a"),
                    matcher(MatchOp::NotEqual, ""),
                    matcher(MatchOp::Regex, "a.*"),
                    matcher(MatchOp::NotRegex, "b|c"),
                ],
                hints: Some(Hints {
                    start: 3,
                    end: 4,
                    function: "series".to_owned(),
                }),
            },
            ReadQuery::default(),
        ],
        accepted: vec![1, 0],
    }
}

fn columns() -> Columns {
    let mut columns = Columns::new();
    (0..1000).for_each(|step| columns.push(step * 15_000, (step % 7) as f64));
    let histogram = Histogram {
        count: 3,
        sum: 1.5,
        ..Histogram::default()
    };
    columns.histograms.push(HistogramSample {
        time: 1 << 40,
        value: HistogramValue::Integer(Box::new(histogram)),
    });
    columns
}

fn labels(n: usize) -> Labels {
    let long = "x".repeat(n);
    Labels::from_pairs([("__name__", "up"), ("n", long.as_str())])
}

#[test]
fn a_request_comes_back() {
    let request = request();
    assert_eq!(ReadRequest::decode(&request.encode()).unwrap(), request);
    let [first, second] = &request.queries[..] else {
        panic!("two queries");
    };
    assert!(first.is_for_labels() && !second.is_for_labels());
    assert_eq!((first.range(), second.range()), ((3, 4), (0, 0)));
}

#[test]
fn the_first_form_that_there_is_is_answered() {
    let check = |accepted: &[u64], form| {
        let request = ReadRequest {
            accepted: accepted.to_vec(),
            ..ReadRequest::default()
        };
        assert_eq!(request.form(), form, "{accepted:?}");
    };
    check(&[], Some(AnswerForm::Samples));
    check(&[0], Some(AnswerForm::Samples));
    check(&[1, 0], Some(AnswerForm::Chunks));
    check(&[9, 0, 1], Some(AnswerForm::Samples));
    check(&[9], None);
}

#[test]
fn what_makes_no_sense_is_refused() {
    // A query with a matcher of kind 7; one with a pattern that is none.
    let kind = [0x0a, 4, 0x1a, 2, 0x08, 7];
    assert!(matches!(
        ReadRequest::decode(&kind),
        Err(BadRead::Matcher(7))
    ));
    let pattern = [0x0a, 7, 0x1a, 5, 0x08, 2, 0x1a, 1, b'('];
    assert!(matches!(
        ReadRequest::decode(&pattern),
        Err(BadRead::Pattern(_))
    ));
}

#[test]
fn samples_come_back() {
    let mut out = Vec::new();
    for n in 0..2 {
        let written = samples::push_result::<()>(&mut out, |out| {
            samples::push_series(out, &labels(n), &columns());
            samples::push_series(out, &labels(300), &Columns::new());
            Ok(())
        });
        written.unwrap();
    }
    let mut read = Vec::new();
    let results = samples::read(&out, |labels, columns| read.push((labels, columns)));
    assert_eq!(results.unwrap(), 2);
    let empty = || (labels(300), Columns::new());
    let expected = [
        (labels(0), columns()),
        empty(),
        (labels(1), columns()),
        empty(),
    ];
    assert_eq!(read, expected);
}

/// A stream of frames of about `most` bytes.
fn stream(most: usize) -> Vec<u8> {
    let (mut writer, mut out) = (FrameWriter::default(), Vec::new());
    for n in 0..3 {
        writer.begin(n, &labels(n));
        let packed = pack::<()>(&columns(), &mut |chunk| {
            writer.push(chunk);
            if writer.size() > most {
                out.extend(writer.take());
            }
            Ok(())
        });
        packed.unwrap();
        if !writer.is_empty() {
            out.extend(writer.take());
        }
    }
    out
}

/// Reads a stream in pieces.
fn streamed(stream: &[u8], piece: usize, limit: usize) -> Result<Vec<(Labels, Columns)>, BadRead> {
    let mut reader = FrameReader::new(limit);
    let mut read: Vec<(Labels, Columns)> = Vec::new();
    for piece in stream.chunks(piece) {
        reader.feed(piece);
        while let Some(message) = reader.next_message()? {
            frames::read(message, |labels, chunks| {
                if read.last().is_none_or(|(last, _)| *last != labels) {
                    read.push((labels, Columns::new()));
                }
                let (_, columns) = read.last_mut().unwrap();
                for chunk in chunks {
                    chunk.encoding.decode(chunk.data, columns)?;
                }
                Ok(())
            })?;
        }
    }
    reader.end()?;
    Ok(read)
}

#[test]
fn chunks_come_back_whatever_the_frames_and_pieces() {
    let expected: Vec<_> = (0..3).map(|n| (labels(n), columns())).collect();
    for (most, piece) in [(0, 7), (300, 1), (1 << 20, 1000), (1 << 20, 1 << 20)] {
        let read = streamed(&stream(most), piece, 1 << 20).unwrap();
        assert_eq!(read, expected, "{most} {piece}");
    }
}

#[test]
fn a_damaged_stream_is_refused() {
    let good = stream(1 << 20);
    let long = streamed(&good, 100, 50);
    assert!(matches!(long, Err(BadRead::FrameSize { limit: 50, .. })));
    let mut flipped = good.clone();
    flipped[30] ^= 1;
    assert!(matches!(
        streamed(&flipped, 100, 1 << 20),
        Err(BadRead::Checksum)
    ));
    let cut = &good[..good.len() - 1];
    assert!(matches!(streamed(cut, 100, 1 << 20), Err(BadRead::Cut)));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = ReadRequest::decode(&bytes);
        let _ = samples::read(&bytes, |_, _| ());
        let _ = frames::read(&bytes, |_, _| Ok(()));
        let _ = streamed(&bytes, 5, 1 << 20);
    }

    #[test]
    fn bytes_near_a_request_are_survived(place in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = request().encode();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = ReadRequest::decode(&bytes);
    }
}
