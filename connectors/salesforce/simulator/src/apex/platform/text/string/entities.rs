//! Named characters of HTML.

/// Names of U+00A0 to U+00FF, in order: those of HTML 3.
pub(super) const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn \
sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml \
Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times \
Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute \
ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml \
yacute thorn yuml";

/// Those that HTML 4 adds.
pub(super) const EXTENDED: &[(char, &str)] = &[
    ('\u{152}', "OElig"), ('\u{153}', "oelig"), ('\u{160}', "Scaron"), ('\u{161}', "scaron"), ('\u{178}', "Yuml"),
    ('\u{192}', "fnof"), ('\u{2c6}', "circ"), ('\u{2dc}', "tilde"), ('Α', "Alpha"), ('Β', "Beta"), ('Γ', "Gamma"),
    ('Δ', "Delta"), ('Ε', "Epsilon"), ('Ζ', "Zeta"), ('Η', "Eta"), ('Θ', "Theta"), ('Ι', "Iota"), ('Κ', "Kappa"),
    ('Λ', "Lambda"), ('Μ', "Mu"), ('Ν', "Nu"), ('Ξ', "Xi"), ('Ο', "Omicron"), ('Π', "Pi"), ('Ρ', "Rho"),
    ('Σ', "Sigma"), ('Τ', "Tau"), ('Υ', "Upsilon"), ('Φ', "Phi"), ('Χ', "Chi"), ('Ψ', "Psi"), ('Ω', "Omega"),
    ('α', "alpha"), ('β', "beta"), ('γ', "gamma"), ('δ', "delta"), ('ε', "epsilon"), ('ζ', "zeta"), ('η', "eta"),
    ('θ', "theta"), ('ι', "iota"), ('κ', "kappa"), ('λ', "lambda"), ('μ', "mu"), ('ν', "nu"), ('ξ', "xi"),
    ('ο', "omicron"), ('π', "pi"), ('ρ', "rho"), ('ς', "sigmaf"), ('σ', "sigma"), ('τ', "tau"), ('υ', "upsilon"),
    ('φ', "phi"), ('χ', "chi"), ('ψ', "psi"), ('ω', "omega"), ('\u{3d1}', "thetasym"), ('\u{3d2}', "upsih"),
    ('\u{3d6}', "piv"), ('\u{2002}', "ensp"), ('\u{2003}', "emsp"), ('\u{2009}', "thinsp"), ('\u{200c}', "zwnj"),
    ('\u{200d}', "zwj"), ('\u{200e}', "lrm"), ('\u{200f}', "rlm"), ('\u{2013}', "ndash"), ('\u{2014}', "mdash"),
    ('\u{2018}', "lsquo"), ('\u{2019}', "rsquo"), ('\u{201a}', "sbquo"), ('\u{201c}', "ldquo"), ('\u{201d}', "rdquo"),
    ('\u{201e}', "bdquo"), ('\u{2020}', "dagger"), ('\u{2021}', "Dagger"), ('\u{2022}', "bull"),
    ('\u{2026}', "hellip"), ('\u{2030}', "permil"), ('\u{2032}', "prime"), ('\u{2033}', "Prime"),
    ('\u{2039}', "lsaquo"), ('\u{203a}', "rsaquo"), ('\u{203e}', "oline"), ('\u{2044}', "frasl"), ('€', "euro"),
    ('\u{2111}', "image"), ('\u{2118}', "weierp"), ('\u{211c}', "real"), ('™', "trade"), ('\u{2135}', "alefsym"),
    ('←', "larr"), ('↑', "uarr"), ('→', "rarr"), ('↓', "darr"), ('↔', "harr"), ('\u{21b5}', "crarr"), ('⇐', "lArr"),
    ('⇑', "uArr"), ('⇒', "rArr"), ('⇓', "dArr"), ('⇔', "hArr"), ('∀', "forall"), ('∂', "part"), ('∃', "exist"),
    ('∅', "empty"), ('∇', "nabla"), ('∈', "isin"), ('∉', "notin"), ('∋', "ni"), ('∏', "prod"), ('∑', "sum"),
    ('\u{2212}', "minus"), ('\u{2217}', "lowast"), ('√', "radic"), ('∝', "prop"), ('∞', "infin"), ('∠', "ang"),
    ('∧', "and"), ('∨', "or"), ('∩', "cap"), ('∪', "cup"), ('∫', "int"), ('∴', "there4"), ('∼', "sim"), ('≅', "cong"),
    ('≈', "asymp"), ('≠', "ne"), ('≡', "equiv"), ('≤', "le"), ('≥', "ge"), ('⊂', "sub"), ('⊃', "sup"), ('⊄', "nsub"),
    ('⊆', "sube"), ('⊇', "supe"), ('⊕', "oplus"), ('⊗', "otimes"), ('⊥', "perp"), ('\u{22c5}', "sdot"),
    ('\u{2308}', "lceil"), ('\u{2309}', "rceil"), ('\u{230a}', "lfloor"), ('\u{230b}', "rfloor"), ('\u{2329}', "lang"),
    ('\u{232a}', "rang"), ('\u{25ca}', "loz"), ('♠', "spades"), ('♣', "clubs"), ('♥', "hearts"), ('♦', "diams"),
];

/// The name of a character; HTML 3 knows fewer.
pub(super) fn name_of(char: char, extended: bool) -> Option<&'static str> {
    match char {
        '&' => Some("amp"),
        '<' => Some("lt"),
        '>' => Some("gt"),
        '"' => Some("quot"),
        '\u{a0}'..='\u{ff}' => LATIN.split(' ').nth(u32::from(char) as usize - 0xa0),
        char if char.is_ascii() || !extended => None,
        char => EXTENDED.iter().find(|(known, _)| *known == char).map(|(_, name)| *name),
    }
}

/// The character of a name.
pub(super) fn named(name: &str, extended: bool) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        name => {
            let latin = LATIN.split(' ').position(|known| known == name);
            if let Some(at) = latin {
                return char::from_u32(0xa0 + at as u32);
            }
            let known = EXTENDED.iter().find(|(_, known)| extended && *known == name);
            known.map(|(char, _)| *char)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_go_there_and_back() {
        assert_eq!(LATIN.split(' ').count(), 96);
        assert_eq!((name_of('é', false), name_of('ÿ', false)), (Some("eacute"), Some("yuml")));
        for char in ('\u{a0}'..='\u{ff}').chain(EXTENDED.iter().map(|(char, _)| *char)) {
            let name = name_of(char, true).unwrap();
            assert_eq!(named(name, true), Some(char), "{name}");
        }
        assert_eq!(name_of('α', false), None);
    }
}
