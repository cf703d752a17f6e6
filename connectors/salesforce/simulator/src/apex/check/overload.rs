//! Which of several methods is meant.

use super::convert;
use super::scope::Checker;
use crate::apex::program::{Expr, MethodId};
use crate::apex::types::Type;

/// Which of the candidates fits best.
pub(super) enum Choice {
    One(usize),
    None,
    /// Several fit equally well.
    Several,
}

impl Checker<'_> {
    /// Chooses among lists of parameters.
    pub(super) fn choose(&self, candidates: &[Vec<Type>], arguments: &[Expr]) -> Choice {
        let mut fitting: Vec<(usize, Vec<u32>)> = Vec::new();
        for (place, parameters) in candidates.iter().enumerate() {
            if parameters.len() != arguments.len() {
                continue;
            }
            let costs: Option<Vec<u32>> = arguments
                .iter()
                .zip(parameters)
                .map(|(argument, ty)| convert::cost_of(self.program, argument, ty))
                .collect();
            if let Some(costs) = costs {
                fitting.push((place, costs));
            }
        }
        let total = |costs: &[u32]| costs.iter().sum::<u32>();
        let Some(least) = fitting.iter().map(|(_, costs)| total(costs)).min() else { return Choice::None };
        let mut best = fitting.into_iter().filter(|(_, costs)| total(costs) == least);
        let Some((place, _)) = best.next() else { return Choice::None };
        match best.next() {
            None => Choice::One(place),
            Some(_) => {
                let types = |place: usize| candidates.get(place).cloned().unwrap_or_default();
                // For null the narrower type wins.
                let narrowest = best_of_null(self, candidates, arguments, &types(place), place, least);
                narrowest.map_or(Choice::Several, Choice::One)
            }
        }
    }

    pub(super) fn converted_all(&self, arguments: Vec<Expr>, parameters: &[Type]) -> Vec<Expr> {
        let pairs = arguments.into_iter().zip(parameters);
        pairs.map(|(argument, ty)| convert::converted(self.program, argument, ty)).collect()
    }

    /// `(Integer, String)`
    pub(super) fn shown_types(&self, arguments: &[Expr]) -> String {
        let names: Vec<String> = arguments.iter().map(|one| self.name(&one.ty)).collect();
        format!("({})", names.join(", "))
    }

    /// Parameters of methods.
    pub(super) fn parameters_of(&self, methods: &[MethodId]) -> Vec<Vec<Type>> {
        let of =
            |id: &MethodId| self.program.method(*id).parameters.iter().map(|one| one.ty.clone()).collect();
        methods.iter().map(of).collect()
    }
}

/// Of several that fit equally well, the one whose types are below those of all others.
fn best_of_null(
    checker: &Checker<'_>,
    candidates: &[Vec<Type>],
    arguments: &[Expr],
    first: &[Type],
    first_place: usize,
    least: u32,
) -> Option<usize> {
    let equal: Vec<(usize, &Vec<Type>)> = candidates
        .iter()
        .enumerate()
        .filter(|(_, types)| {
            types.len() == arguments.len() && {
                let costs = arguments
                    .iter()
                    .zip(types.iter())
                    .map(|(argument, ty)| convert::cost_of(checker.program, argument, ty));
                costs.sum::<Option<u32>>() == Some(least)
            }
        })
        .collect();
    let below = |a: &[Type], b: &[Type]| {
        a.iter().zip(b).all(|(a, b)| a == b || convert::cost(checker.program, a, b).is_some())
    };
    let narrowest = equal
        .iter()
        .find(|(_, types)| equal.iter().all(|(_, others)| below(types, others)))
        .map(|(place, _)| *place);
    narrowest.or_else(|| equal.iter().all(|(_, types)| types.as_slice() == first).then_some(first_place))
}
