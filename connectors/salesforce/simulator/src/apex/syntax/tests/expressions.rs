use crate::apex::syntax::ast::*;

use super::expression;

/// A tree in brackets, to see what binds to what.
fn shape(expr: &Expr) -> String {
    let list = |exprs: &[Expr]| exprs.iter().map(shape).collect::<Vec<_>>().join(",");
    match &expr.kind {
        ExprKind::Literal(Literal::Integer(value)) => value.to_string(),
        ExprKind::Literal(other) => format!("{other:?}"),
        ExprKind::Name(name) => name.text.to_string(),
        ExprKind::This => "this".to_owned(),
        ExprKind::Super => "super".to_owned(),
        ExprKind::Field { object, name, safe } => {
            format!("{}{}.{}", shape(object), if *safe { "?" } else { "" }, name.text)
        }
        ExprKind::Call { target, name, arguments, safe } => {
            let target = target.as_ref().map_or(String::new(), |target| {
                format!("{}{}.", shape(target), if *safe { "?" } else { "" })
            });
            format!("{target}{}({})", name.text, list(arguments))
        }
        ExprKind::ConstructorCall { is_super, arguments } => {
            format!("constructor {is_super}({})", list(arguments))
        }
        ExprKind::Index { object, index } => format!("{}[{}]", shape(object), shape(index)),
        ExprKind::New(new) => match &new.arguments {
            NewArguments::Positional(values) => format!("new {}({})", ty(&new.ty), list(values)),
            NewArguments::Elements(values) => format!("new {}{{{}}}", ty(&new.ty), list(values)),
            NewArguments::Named(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{}={}", name.text, shape(value))).collect();
                format!("new {}({})", ty(&new.ty), fields.join(","))
            }
            NewArguments::Pairs(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, value)| format!("{}=>{}", shape(key), shape(value))).collect();
                format!("new {}{{{}}}", ty(&new.ty), pairs.join(","))
            }
            NewArguments::Size(size) => format!("new {}[{}]", ty(&new.ty), shape(size)),
        },
        ExprKind::Cast { ty: to, value } => format!("(({}){})", ty(to), shape(value)),
        ExprKind::InstanceOf { value, ty: of } => format!("({} is {})", shape(value), ty(of)),
        ExprKind::Unary { operator, value } => format!("({operator:?} {})", shape(value)),
        ExprKind::Postfix { operator, value } => format!("({} {operator:?})", shape(value)),
        ExprKind::Binary { operator, left, right } => {
            format!("({} {operator:?} {})", shape(left), shape(right))
        }
        ExprKind::Assign { operator, target, value } => {
            format!("({} {operator:?} {})", shape(target), shape(value))
        }
        ExprKind::Ternary { condition, then, otherwise } => {
            format!("({}?{}:{})", shape(condition), shape(then), shape(otherwise))
        }
        ExprKind::ClassOf(of) => format!("{}.class", ty(of)),
        ExprKind::Type(of) => ty(of),
        ExprKind::Soql(soql) => format!("[{}]{}", soql.text, list(&soql.binds)),
        ExprKind::Sosl(sosl) => format!("[{}]", sosl.text),
    }
}

fn ty(of: &TypeRef) -> String {
    let parts: Vec<String> = of
        .parts
        .iter()
        .map(|part| match part.arguments.as_slice() {
            [] => part.name.text.to_string(),
            some => format!("{}<{}>", part.name.text, some.iter().map(ty).collect::<Vec<_>>().join(",")),
        })
        .collect();
    parts.join(".")
}

#[track_caller]
fn reads(source: &str, expected: &str) {
    assert_eq!(shape(&expression(source)), expected, "{source}");
}

/// As Salesforce's own parser has it.
#[test]
fn operators_bind_as_in_salesforce() {
    reads("a + b * c - d", "((a Add (b Multiply c)) Subtract d)");
    reads("a - b - c", "((a Subtract b) Subtract c)");
    reads("a << b + c", "(a ShiftLeft (b Add c))");
    reads("a < b << c", "(a Less (b ShiftLeft c))");
    reads("a == b < c", "((a Equal b) Less c)");
    reads("a & b == c", "(a BitAnd (b Equal c))");
    reads("a ^ b | c & d", "((a BitXor b) BitOr (c BitAnd d))");
    reads("a && b | c || d", "((a And (b BitOr c)) Or d)");
    reads("a || b ?? c", "((a Or b) Coalesce c)");
    reads("a ?? b ?? c", "((a Coalesce b) Coalesce c)");
    reads("a ? b : c ?? d", "(a?b:(c Coalesce d))");
    reads("a ? b : c ? d : e", "(a?b:(c?d:e))");
    reads("a ? b = c : d", "(a?(b Set c):d)");
    reads("a = b += c", "(a Set (b Add c))");
    reads("a + b instanceof C", "((a Add b) is C)");
    reads("!a instanceof B && c", "(((Not a) is B) And c)");
    reads("-a.b++", "(Minus (a.b Increment))");
    reads("a ++ + ++ b", "((a Increment) Add (Increment b))");
    reads("a?.5:b", "(a?Decimal(\".5\"):b)");
}

#[test]
fn angle_brackets_are_read_by_what_they_stand_in() {
    reads("a < b > c", "((a Less b) Greater c)");
    reads("f(a < b, c > d)", "f((a Less b),(c Greater d))");
    reads("a >> b >>> c", "((a ShiftRight b) ShiftRightUnsigned c)");
    reads("a > = b", "(a GreaterOrEqual b)");
    reads("a >>>= b", "(a ShiftRightUnsigned b)");
    reads("a <> b", "(a NotEqual b)");
    reads("new Map<Id, List<Set<A.B>>>()", "new Map<Id,List<Set<A.B>>>()");
    reads("(Map<A, List<B>>) c", "((Map<A,List<B>>)c)");
    reads("List<Map<A, B>>.class", "List<Map<A,B>>.class");
}

#[test]
fn casts_are_told_from_parentheses() {
    reads("(A) b.c[0]", "((A)b.c[0])");
    reads("(A.B) c + d", "(((A.B)c) Add d)");
    reads("(A)(B) c", "((A)((B)c))");
    reads("(A[]) [SELECT Id FROM B]", "((List<A>)[SELECT Id FROM B])");
    reads("(Integer) -1", "((Integer)(Minus 1))");
    // So does Salesforce's parser.
    reads("(a) - b", "((a)(Minus b))");
    reads("(a) * b", "(a Multiply b)");
    reads("(a + b) - c", "((a Add b) Subtract c)");
    reads("(a)[0]", "a[0]");
    reads("(a)++", "(a Increment)");
    reads("((A) b).c()", "((A)b).c()");
}

#[test]
fn chains() {
    reads("a.b?.c(d).e[f]", "a.b?.c(d).e[f]");
    reads("this.a", "this.a");
    reads("super.a(b)", "super.a(b)");
    reads("Trigger.new[0].Id", "Trigger.new[0].Id");
    reads("a.class", "a.class");
    reads("A.B.class", "A.B.class");
    reads("a.class.b", "a.class.b");
    reads("String[].class", "List<String>.class");
    reads("'a'.length()", "String(\"a\").length()");
    reads("system.now()", "system.now()");
}

#[test]
fn creations() {
    reads("new A.B(c, d)", "new A.B(c,d)");
    reads("new A(b = 1, c = d)", "new A(b=1,c=d)");
    reads("new List<A>{b, c}", "new List<A>{b,c}");
    reads("new A[]{b}", "new List<A>{b}");
    reads("new A[3]", "new List<A>[3]");
    reads("new A[0][1]", "new List<A>[0][1]");
    reads("new Map<A, B>{c => d, e => f}", "new Map<A,B>{c=>d,e=>f}");
    reads("new Map<A, B>{}", "new Map<A,B>{}");
    reads("new Set<A>{b}.size()", "new Set<A>{b}.size()");
}

#[test]
fn binds_are_expressions_and_the_rest_of_a_query_is_text() {
    reads("[SELECT Id FROM A WHERE b = :c]", "[SELECT Id FROM A WHERE b = :b0]c");
    reads(
        "[SELECT Id FROM A WHERE b IN :x.y AND c = :f(a, b) AND d = :l[0] AND e = : (a + b) LIMIT :n - 1]",
        "[SELECT Id FROM A WHERE b IN :b0 AND c = :b1 AND d = :b2 AND e = :b3 LIMIT :b4]x.y,f(a,b),l[0],(a Add b),(n Subtract 1)",
    );
    reads(
        "[SELECT Id FROM A WHERE b IN (:c, 'x:y', :d)]",
        "[SELECT Id FROM A WHERE b IN (:b0, 'x:y', :b1)]c,d",
    );
    reads("[SELECT Id FROM A WHERE b = LAST_N_DAYS:30]", "[SELECT Id FROM A WHERE b = LAST_N_DAYS:30]");
    reads(
        "[SELECT Id FROM A WHERE b > 2020-01-01T00:00:00Z AND c < 2020-01-01T00:00:00.000+01:00]",
        "[SELECT Id FROM A WHERE b > 2020-01-01T00:00:00Z AND c < 2020-01-01T00:00:00.000+01:00]",
    );
    reads("[SELECT /* :x */ Id FROM A // :y\n]", "[SELECT          Id FROM A      \n]");
    reads(
        "[SELECT Id FROM A WHERE b IN :new Set<Id>{c}][0].Id",
        "[SELECT Id FROM A WHERE b IN :b0]new Set<Id>{c}[0].Id",
    );
    reads("[FIND :x IN ALL FIELDS RETURNING A(Id)]", "[FIND :b0 IN ALL FIELDS RETURNING A(Id)]");
    let ExprKind::Soql(soql) = expression("\n [SELECT Id FROM A]").kind else { panic!("no query") };
    assert_eq!(soql.text_at, Pos { line: 2, column: 3 });
}

#[test]
fn places_are_those_that_salesforce_names() {
    // `return_ = ` takes ten columns.
    let column = |source: &str| expression(source).at.column - 10;
    assert_eq!(column("a + b"), 1);
    assert_eq!(column("a.b.c(d)"), 5);
    assert_eq!(column("a.b"), 3);
    assert_eq!(column("(A) b"), 1);
    assert_eq!(column("new A()"), 1);
    assert_eq!(column("a++"), 2);
    assert_eq!(column("'äöü' + b.c"), 1);
}
