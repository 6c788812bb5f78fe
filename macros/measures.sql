{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}


{#- Doubles that should be equal differ in their sixteenth digit or so. -#}
{% macro comparable(value) -%}
    {{ rounded(value, 9) }}
{%- endmacro %}


{% macro share(column, per=none) -%}
    {%- set group = 'partition by ' ~ per | join(', ') if per else '' -%}
    {{ ratio(column, 'sum(' ~ column ~ ') over (' ~ group ~ ')') }}
{%- endmacro %}


{% macro counted_by_group(rows, groups, group, column, count) %}

    select
        {{ groups }}.{{ column }},
        count(*) as {{ count }}

    from {{ rows }}

    inner join {{ groups }}
        on {{ bitmasks_overlap(group, rows, groups) }}

    group by {{ groups }}.{{ column }}
{% endmacro %}


{% macro sales_measures(key) -%}
    cast(coalesce(customer_count, 0) as bigint) as customer_count,
    cast(coalesce(order_count, 0) as bigint) as order_count,
    cast(coalesce(order_product_count, 0) as bigint) as order_product_count,
    {{ share('coalesce(order_product_count, 0)') }} as order_product_share,
    cast(row_number() over (
        order by coalesce(order_product_count, 0) desc, {{ key }} asc
    ) as bigint) as order_product_rank,
    cast({{ spend('revenue', 'has_prices') }} as decimal(18, 2)) as revenue,
    case
        when sum(revenue) over () > 0
            then coalesce({{ ratio('revenue', 'sum(revenue) over ()') }}, 0)
    end as revenue_share,
    {{ ratio('revenue', 'order_count') }} as revenue_per_order,
    {{ ratio('revenue', 'order_product_count') }} as avg_product_price,
    {{ ratio('reordered_product_count', 'order_product_count') }} as reorder_rate,
    1 - {{ ratio('reordered_product_count', 'order_product_count') }}
        as non_reorder_rate
{%- endmacro %}


{% macro min_pair_orders(order_count) -%}
    {%- set minimum = var('min_pair_orders') -%}
    {%- if
        minimum is not number
        or minimum is boolean
        or not (0 < minimum < 1 or minimum is integer and minimum > 0)
    -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected min_pair_orders to be a whole number of orders, or"
            ~ " below 1 a share of them, found " ~ minimum
            ~ "; write 1 to report all pairs."
        ) }}
    {%- endif -%}
    {%- if minimum < 1 -%}
    greatest(ceil({{ minimum }} * {{ order_count }}), 5)
    {%- else -%}
    {{ minimum }}
    {%- endif -%}
{%- endmacro %}


{% macro exact_square(value) -%}
    {{ value }} * cast({{ value }} as decimal(19, 6))
{%- endmacro %}


{#- Whole numbers of any size, whose products are exact. -#}
{% macro ratio_standard_error(
    numerator, denominator, squared_numerators, products, squared_denominators
) -%}
    {%- set total = 'cast(' ~ numerator ~ ' as decimal(38, 0))' -%}
    {%- set count = 'cast(' ~ denominator ~ ' as decimal(38, 0))' -%}
    {%- set deviation -%}
        (
            {{ count }} * {{ count }} * cast({{ squared_numerators }} as decimal(38, 0))
            - 2 * {{ count }} * {{ total }} * cast({{ products }} as decimal(38, 0))
            + {{ total }} * {{ total }}
            * cast({{ squared_denominators }} as decimal(38, 0))
        )
    {%- endset -%}
    {{ ratio('sqrt(cast(' ~ deviation ~ ' as double))', count ~ ' * ' ~ count) }}
{%- endmacro %}


{#- By chance few or none of them do it, who are then more alike than all are. -#}
{% macro share_standard_error(
    numerator, denominator, squared_numerators, products, squared_denominators,
    overall_error, overall_denominator
) -%}
    greatest(
        {{ ratio_standard_error(
            numerator, denominator, squared_numerators, products, squared_denominators
        ) }},
        {{ overall_error }} * sqrt({{ ratio(overall_denominator, denominator) }})
    )
{%- endmacro %}


{% macro share_var(name) -%}
    {%- set share = var(name) -%}
    {%- if share is not number or share is boolean or not 0 <= share <= 1 -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected " ~ name ~ " to be a share from 0 to 1, found "
            ~ share ~ "; write 0 to leave nothing out."
        ) }}
    {%- endif -%}
    {{ share }}
{%- endmacro %}


{% macro f_critical(df_between, df_within) -%}
    {%- set z = '3.0902' -%}
    {%- set a = ratio(2, '(9 * ' ~ df_between ~ ')') -%}
    {%- set b = ratio(2, '(9 * ' ~ df_within ~ ')') -%}
    {%- set root -%}
        (
            (1 - {{ b }}) * (1 - {{ a }})
            + {{ z }} * sqrt(
                power(1 - {{ b }}, 2) * {{ a }}
                + power(1 - {{ a }}, 2) * {{ b }}
                - {{ z }} * {{ z }} * {{ a }} * {{ b }}
            )
        )
    {%- endset -%}
    {%- set divisor = '(power(1 - ' ~ b ~ ', 2) - ' ~ z ~ ' * ' ~ z ~ ' * ' ~ b ~ ')' -%}
    case
        when power(1 - {{ b }}, 2) > {{ z }} * {{ z }} * {{ b }}
            then power({{ ratio(root, divisor) }}, 3)
    end
{%- endmacro %}


{% macro opportunity_score() -%}
    {%- set group = 'partition by revenue_per_order is null' -%}
    {%- set outranked -%}
        (
            rank() over (
                {{ group }} order by {{ comparable('revenue_per_order') }} asc
            )
            + rank() over (
                {{ group }} order by {{ comparable('non_reorder_rate') }} asc
            )
            - 2
        )
    {%- endset %}
    case
        when revenue_per_order is not null
            then {{ ratio(outranked, 'greatest(2 * (count(*) over (' ~ group ~ ') - 1), 1)') }}
    end
{%- endmacro %}


{#- Reorders are added to what is sold until they are so large a part of it. -#}
{% macro dollars_at_stake(revenue, reorder_rate, target) -%}
    case
        when
            {{ revenue }} is not null
            and {{ comparable(reorder_rate) }} >= {{ comparable(target) }}
            then 0
        else {{ ratio(
            '(' ~ target ~ ' - ' ~ reorder_rate ~ ') * ' ~ revenue, '(1 - ' ~ target ~ ')'
        ) }}
    end
{%- endmacro %}


{% macro opportunity_rank(key) -%}
    case
        when opportunity_score is not null
            then cast(
                row_number() over (
                    order by opportunity_score desc nulls last, {{ key }} asc
                )
                as bigint
            )
    end
{%- endmacro %}


{% macro pair_measures(both, a, b, all_orders) -%}
    {{ both }} as order_count,
    {{ ratio(both, all_orders) }} as support,
    {{ ratio(both, a) }} as confidence_a_to_b,
    {{ ratio(both, b) }} as confidence_b_to_a,
    {{ ratio('cast(' ~ both ~ ' as double) * ' ~ all_orders, a ~ ' * ' ~ b) }} as lift
{%- endmacro %}
