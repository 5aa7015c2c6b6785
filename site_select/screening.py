"""Which complexes may stand as alternatives, and why the others may not.

A rule is a row with its legal source and the days it holds. It is *met*, *not met* or *cannot
tell*; what is not known never excludes.
"""

import datetime as dt

import pandas as pd

from site_select import survey

MET, NOT_MET, CANNOT_TELL = "met", "not met", "cannot tell"
ELIGIBLE, NOT_ELIGIBLE = "eligible", "not eligible"


def rules_on(rules: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Versions of the rules that hold on a day, indexed by ``rule_id``.

    Examples
    --------
    >>> rules = pd.DataFrame({"rule_id": ["r", "r"], "valid_from": ["2015", "2022"],
    ...                       "valid_to": ["2018", ""]})
    >>> len(rules_on(rules, dt.date(2020, 7, 1)))
    0
    """
    return survey.in_force(rules, day).set_index("rule_id")


def verdicts(
    complexes: pd.DataFrame,
    facts: pd.DataFrame,
    root_firms: pd.DataFrame,
    industrial_complexes: pd.DataFrame,
    rules: pd.DataFrame,
) -> pd.DataFrame:
    """Judge every complex by every rule.

    Parameters
    ----------
    complexes
        Candidates with ``branch_set``, indexed by complex.
    facts
        Long facts table.
    root_firms
        Estimates of root firms by complex.
    industrial_complexes
        Official statistics of all industrial complexes.
    rules
        Rules in force, result of `rules_on`.

    Returns
    -------
    pandas.DataFrame
        By complex and rule: ``verdict``, ``found`` (the number or words behind it), ``source``.
    """
    operating = operating_firms(complexes, industrial_complexes)
    judged = {}
    for rule_id, rule in rules.iterrows():
        match rule["measure"]:
            case "designation":
                judged[rule_id] = _designation(complexes, facts)
            case "root_branch":
                judged[rule_id] = _root_branch(complexes)
            case "firms_to_pool":
                judged[rule_id] = _firms_to_pool(complexes, root_firms, operating, rule)
            case "call_condition":
                judged[rule_id] = _call_condition(complexes, facts, root_firms, rule)
            case "own_receiving":
                judged[rule_id] = _own_receiving(complexes)
    return pd.concat(judged, names=["rule_id"]).swaplevel().sort_index()


def operating_firms(complexes: pd.DataFrame, industrial: pd.DataFrame) -> pd.Series:
    """Firms operating in the parent complexes, missing where no parent is known.

    Parameters
    ----------
    complexes
        Candidates with ``parent_ids``, indexed by complex.
    industrial
        Official statistics of all industrial complexes.
    """
    parents = complexes["parent_ids"].str.split(";").explode()
    counts = parents.map(industrial.set_index("ic_id")["operating_firms"])
    return counts.astype("float64").groupby(level=0).sum(min_count=1).reindex(complexes.index)


def status(judged: pd.DataFrame) -> pd.Series:
    """Status of each complex over all rules: one *not met* excludes, a doubt is said.

    Parameters
    ----------
    judged
        Result of `verdicts`.
    """
    words = judged["verdict"].unstack("rule_id")
    result = pd.Series(ELIGIBLE, index=words.index, name="status")
    result[(words == CANNOT_TELL).any(axis=1)] = CANNOT_TELL
    result[(words == NOT_MET).any(axis=1)] = NOT_ELIGIBLE
    return result


def funnel(judged: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """How many complexes still stand after each rule, in the order of the rules.

    Returns
    -------
    pandas.DataFrame
        By rule: ``standing`` (met or cannot tell so far), ``excluded`` (by this rule first) and
        ``cannot_tell`` (standing, but this rule could not be judged).
    """
    words = judged["verdict"].unstack("rule_id")
    standing = pd.Series(data=True, index=words.index)
    rows = {}
    for rule_id in rules.index:
        fails = standing & (words[rule_id] == NOT_MET)
        standing &= ~fails
        doubt = standing & (words[rule_id] == CANNOT_TELL)
        rows[rule_id] = {
            "standing": standing.sum(),
            "excluded": fails.sum(),
            "cannot_tell": doubt.sum(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule_id")


def _designation(complexes: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    ending = facts[facts["indicator"] == "designation_ending"].set_index("complex_id")
    is_ending = complexes.index.isin(ending.index)
    verdict = pd.Series(MET, index=complexes.index).mask(is_ending, CANNOT_TELL)
    found = complexes["designated_year"].astype("str")
    found = found.mask(is_ending, ending["text"].reindex(complexes.index))
    source = complexes["source"].mask(is_ending, ending["source"].reindex(complexes.index))
    return pd.DataFrame({"verdict": verdict, "found": found, "source": source})


def _root_branch(complexes: pd.DataFrame) -> pd.DataFrame:
    known = complexes["branch_set"].map(bool)
    verdict = known.map({True: MET, False: CANNOT_TELL})
    return pd.DataFrame(
        {"verdict": verdict, "found": complexes["branches"], "source": complexes["source"]}
    )


def _firms_to_pool(
    complexes: pd.DataFrame, root_firms: pd.DataFrame, operating: pd.Series, rule: pd.Series
) -> pd.DataFrame:
    """Counted root firms decide; else the parent's operating firms are an upper bound.

    In-yard partners are not tenants, so the bound does not hold for them.
    """
    least = rule["least_firms"]
    bounded = ~complexes["in_yard"].astype(bool) & (operating < least)
    verdict = pd.Series(CANNOT_TELL, index=complexes.index)
    verdict[bounded] = NOT_MET
    verdict[root_firms["low"] >= least] = MET
    use_bound = verdict.ne(MET) & operating.notna()
    found = root_firms["value"].mask(use_bound, operating)
    source = root_firms["source"].mask(use_bound, "KICOX statistics of industrial complexes")
    return pd.DataFrame({"verdict": verdict, "found": found, "source": source})


def _call_condition(
    complexes: pd.DataFrame, facts: pd.DataFrame, root_firms: pd.DataFrame, rule: pd.Series
) -> pd.DataFrame:
    shares = facts[facts["indicator"] == "root_share_pct"]
    share = shares.groupby("complex_id")["value"].max().reindex(complexes.index)
    least_share = rule["least_share_percent"]
    by_share = (
        share >= least_share if pd.notna(least_share) else pd.Series(data=False, index=share.index)
    )
    verdict = pd.Series(CANNOT_TELL, index=complexes.index)
    # too few firms do not break a rule that an unknown share could still meet
    is_decided = share.notna() | pd.isna(least_share)
    verdict[(root_firms["high"] < rule["least_firms"]) & is_decided] = NOT_MET
    verdict[(root_firms["low"] >= rule["least_firms"]) | by_share] = MET
    return pd.DataFrame(
        {"verdict": verdict, "found": root_firms["value"], "source": root_firms["source"]}
    )


def _own_receiving(complexes: pd.DataFrame) -> pd.DataFrame:
    in_yard = complexes["in_yard"].astype(bool)
    verdict = in_yard.map({True: CANNOT_TELL, False: MET})
    return pd.DataFrame(
        {"verdict": verdict, "found": complexes["note"], "source": complexes["source"]}
    )
