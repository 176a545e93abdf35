//! Escapes that stand for one character: `\n`, `\x41`, `\x{1F600}`, `\101`, `\.`.

/// The number of the character that an escape at the start of `text` stands for, which may be a
/// surrogate, and the bytes it takes. The error is the number of bytes up to what is wrong.
pub(super) fn read(text: &str) -> Result<(u32, usize), usize> {
    let mut rest = text.chars();
    rest.next();
    let Some(letter) = rest.next() else {
        return Err(text.len());
    };
    let behind = 1 + letter.len_utf8();
    let simple = |number: u8| Ok((u32::from(number), behind));
    match letter {
        'a' => simple(0x07),
        'f' => simple(0x0c),
        'n' => simple(b'\n'),
        'r' => simple(b'\r'),
        't' => simple(b'\t'),
        'v' => simple(0x0b),
        '0' => Ok(octal(text)),
        // One digit alone would be a back reference, which RE2 has not.
        '1'..='7' if matches!(rest.next(), Some('0'..='7')) => Ok(octal(text)),
        'x' => hexadecimal(text),
        _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => {
            Ok((u32::from(letter), behind))
        }
        _ => Err(behind),
    }
}

fn octal(text: &str) -> (u32, usize) {
    let digits = text.bytes().skip(1).take(3);
    let digits = digits.take_while(|byte| matches!(byte, b'0'..=b'7'));
    digits.fold((0, 1), |(number, length), digit| {
        (number * 8 + u32::from(digit - b'0'), length + 1)
    })
}

fn hexadecimal(text: &str) -> Result<(u32, usize), usize> {
    let inside = text.get(2..).unwrap_or_default();
    let Some(braced) = inside.strip_prefix('{') else {
        let mut length = 2;
        let mut number = 0;
        let mut right = true;
        for letter in inside.chars().take(2) {
            length += letter.len_utf8();
            let digit = letter.to_digit(16);
            right &= digit.is_some();
            number = number * 16 + digit.unwrap_or(0);
        }
        return if right && length == 4 {
            Ok((number, length))
        } else {
            Err(length)
        };
    };
    let mut number = 0;
    for (place, letter) in braced.char_indices() {
        let length = 3 + place + letter.len_utf8();
        match letter.to_digit(16) {
            Some(digit) => number = number * 16 + digit,
            None if letter == '}' && place > 0 => return Ok((number, length)),
            None => return Err(length),
        }
        if number > u32::from(char::MAX) {
            return Err(length);
        }
    }
    Err(text.len())
}
