{% macro label(flag, measure) -%}
    case
        when {{ measure }} is null then '{{ var("unknown_label") }}'
        {%- for name, condition in var(flag) %}
        {%- if condition == 'otherwise' %}
        else '{{ name }}'
        {%- else %}
        when {{ measure }} {{ condition }} then '{{ name }}'
        {%- endif %}
        {%- endfor %}
    end
{%- endmacro %}


{% macro behaviour_label(flag, measure) -%}
    case
        when order_count = 0 then '{{ var("no_orders_label") }}'
        else {{ label(flag, measure) }}
    end
{%- endmacro %}


{% macro labels(flag) -%}
    {{ return(var(flag) | map('first') | list) }}
{%- endmacro %}


{% macro is_high_activity(flag='activity_flag') -%}
    {%- set label = var('high_activity_label') -%}
    {%- if execute and label not in labels('activity_flag') -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected high_activity_label to be a label of"
            ~ " activity_flag, found " ~ label ~ "; name one of "
            ~ labels('activity_flag') | join(", ") ~ "."
        ) }}
    {%- endif -%}
    {{ flag }} = '{{ label }}'
{%- endmacro %}


{% macro quartiles(customers, measure) %}

    select
        percentile_cont(0.25) within group (order by {{ measure }}) as first_quartile,
        percentile_cont(0.75) within group (order by {{ measure }}) as third_quartile

    from {{ customers }}

    where {{ is_high_activity() }}
{% endmacro %}


{#- An interpolated quartile can miss an equal rate by the last digit of a double. Rates of
    up to 13,000 order products that differ from it do so by 1e-13 at least. -#}
{% macro snapped_to_quartiles(measure) -%}
    case
        when first_quartile is null then null
        when abs({{ measure }} - first_quartile) < 1e-13 then first_quartile
        when abs({{ measure }} - third_quartile) < 1e-13 then third_quartile
        else {{ measure }}
    end
{%- endmacro %}


{% macro is_analysed(eval_set) -%}
    {{- check_analysed_eval_sets() -}}
    {{ eval_set }} in ('{{ var("analysed_eval_sets") | join("', '") }}')
{%- endmacro %}


{% macro check_analysed_eval_sets() -%}
    {%- set known = ['prior', 'train', 'test'] -%}
    {%- set sets = var('analysed_eval_sets') -%}
    {%- if
        execute and (sets is string or not sets or sets | reject('in', known) | list)
    -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected analysed_eval_sets to list some of "
            ~ known | join(", ") ~ ", found " ~ sets
            ~ "; write [prior] for the population of published figures."
        ) }}
    {%- endif -%}
{%- endmacro %}


{% macro spend(total, has_prices) -%}
    case when {{ has_prices }} then coalesce({{ total }}, 0) end
{%- endmacro %}


{% macro is_valid_price(price) -%}
    {{ price }} between {{ var('lowest_valid_price') }} and {{ var('highest_valid_price') }}
{%- endmacro %}


{% macro lifecycle_stage() -%}
    {%- set stages = var('lifecycle_stage') -%}
    {%- set recent, usual = comparable('recent_gap_days'), 'usual_gap_days * ' -%}
    {%- set is_beyond_own_variation -%}
        {{ comparable('abs(recent_gap_days - usual_gap_days)') }}
            > {{ comparable(var('gap_standard_errors') ~ ' * gap_standard_error') }}
    {%- endset -%}
    case
        when gap_count < {{ var('min_lifecycle_gaps') }} then '{{ stages["new"] }}'
        when
            last_gap_days >= {{ var('lapsed_gap_days') }}
            and last_gap_days >= {{ comparable(usual ~ var('lapsed_gap_ratio')) }}
            then '{{ stages["lapsed"] }}'
        when
            {{ is_beyond_own_variation }}
            and {{ recent }} <= {{ comparable(usual ~ var('growing_gap_ratio')) }}
            then '{{ stages["growing"] }}'
        when
            {{ is_beyond_own_variation }}
            and {{ recent }} >= {{ comparable(usual ~ var('slowing_gap_ratio')) }}
            then '{{ stages["slowing"] }}'
        else '{{ stages["steady"] }}'
    end
{%- endmacro %}


{% macro lifecycle_stages() -%}
    {{ return(var('lifecycle_stage').values() | list) }}
{%- endmacro %}


{% macro check_lifecycle_vars() -%}
    {%- for name in [
        'min_lifecycle_gaps', 'recent_gaps', 'growing_gap_ratio', 'slowing_gap_ratio',
        'gap_standard_errors', 'lapsed_gap_days', 'lapsed_gap_ratio',
    ] -%}
    {%- if var(name) is not number or var(name) is boolean or var(name) <= 0 -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected " ~ name ~ " to be a number above 0, found "
            ~ var(name) ~ "; write one."
        ) }}
    {%- endif -%}
    {%- endfor -%}
    {%- if var('min_lifecycle_gaps') <= var('recent_gaps') -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected min_lifecycle_gaps to be above recent_gaps, "
            ~ var('recent_gaps') ~ ", found " ~ var('min_lifecycle_gaps')
            ~ "; leave gaps to compare the recent ones with."
        ) }}
    {%- endif -%}
    {%- if var('growing_gap_ratio') >= var('slowing_gap_ratio') -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected growing_gap_ratio to be below slowing_gap_ratio, "
            ~ var('slowing_gap_ratio') ~ ", found " ~ var('growing_gap_ratio')
            ~ "; leave room for steady customers."
        ) }}
    {%- endif -%}
{%- endmacro %}


{% macro loyalty_tiers() -%}
    {%- set tiers = [] -%}
    {%- for label, condition in var('loyalty_flag') -%}
        {%- set bound = modules.re.match('(>=?) ([0-9]+)$', condition) -%}
        {%- set next = tiers[-1] if tiers else none -%}
        {%- set first = 1 if loop.last else bound and bound[2] | int + (bound[1] == '>') -%}
        {%- if
            not first
            or loop.last and condition != 'otherwise'
            or next and first >= next.first_order_number
        -%}
            {{ exceptions.raise_compiler_error(
                "dbt_project.yml: expected loyalty_flag to list tiers from the highest down,"
                ~ " each with > or >= and a whole number but the last, otherwise, found "
                ~ label ~ " " ~ condition ~ "; order them by their numbers."
            ) }}
        {%- endif -%}
        {%- do tiers.append({
            'label': label,
            'first_order_number': first,
            'next': next,
            'number': loop.revindex,
        }) -%}
    {%- endfor -%}
    {{ return(tiers) }}
{%- endmacro %}


{% macro orders_to_next_tier() -%}
    case loyalty_flag
        {%- for tier in loyalty_tiers() if tier.next %}
        when '{{ tier.label }}' then {{ tier.next.first_order_number }}
        {%- endfor %}
    end - max_order_number
{%- endmacro %}


{% macro loyalty_tier_list() -%}
    {%- for tier in loyalty_tiers() %}

    select
        '{{ tier.label }}' as loyalty_tier,
        cast({{ tier.number }} as integer) as tier_number,
        {%- if tier.next %}
        '{{ tier.next.label }}' as next_tier,
        cast({{ tier.next.first_order_number }} as integer) as next_tier_order_number
        {%- else %}
        cast(null as string) as next_tier,
        cast(null as integer) as next_tier_order_number
        {%- endif %}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}
