{#- A quotient, or null where there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}


{#- The share of a row in the total of a column, or in the total of its group.

    per: columns that name the group; none for all rows. -#}
{% macro share(column, per=none) -%}
    {%- set group = 'partition by ' ~ per | join(', ') if per else '' -%}
    {{ ratio(column, 'sum(' ~ column ~ ') over (' ~ group ~ ')') }}
{%- endmacro %}


{#- How many orders, or customers, bought of each group of products. Grouped before they are
    counted: who bought two products of a group is one.

    rows: a step with product_id and the key; the step `products` has the group.
    key: what is counted.
    group: a column of `products`.
    count: the name of the number. -#}
{% macro counted_by_group(rows, key, group, count) %}

    select
        {{ group }},
        count(*) as {{ count }}

    from (
        select
            {{ rows }}.{{ key }},
            products.{{ group }}

        from {{ rows }}

        inner join products
            on {{ rows }}.product_id = products.product_id

        group by
            {{ rows }}.{{ key }},
            products.{{ group }}
    ) as grouped

    group by {{ group }}
{% endmacro %}


{#- What is said of any group of products, from sums over its order products.

    Needs columns customer_count, order_count, order_product_count,
    reordered_product_count and revenue, null where nothing was sold, and has_prices.

    key: the column that breaks ties of rank, the lower value first. -#}
{% macro sales_measures(key) -%}
    cast(coalesce(customer_count, 0) as bigint) as customer_count,
    cast(coalesce(order_count, 0) as bigint) as order_count,
    cast(coalesce(order_product_count, 0) as bigint) as order_product_count,
    {{ share('coalesce(order_product_count, 0)') }} as order_product_share,
    row_number() over (
        order by coalesce(order_product_count, 0) desc, {{ key }} asc
    ) as order_product_rank,
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


{#- Customers with analysed orders, once for each segment type, with the segment they are
    in and all columns they have. A flag of the var segment_types takes part as it is.

    customers: a step with the columns of dim_customers. -#}
{% macro customer_segments(customers) -%}
    {{- check_segment_types() -}}
    {%- for segment_type in var('segment_types') %}

    select
        '{{ segment_type }}' as segment_type,
        {{ segment(segment_type) }} as segment,
        {{ customers }}.*

    from {{ customers }}

    where {{ customers }}.order_count > 0
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- An aggregate by customer and something else, summed by segment type, segment and that.
    One type at a time: all in one join would be 40 million rows to group by text.

    aggregate: a step with customer_id; the step `customers` has the segments.
    key: its other column.
    measures: columns to sum. Customers are counted. -#}
{% macro summed_by_segment(aggregate, key, measures) -%}
    {%- for segment_type in var('segment_types') %}

    select
        '{{ segment_type }}' as segment_type,
        {{ segment('customers.' ~ segment_type) }} as segment,
        {{ aggregate }}.{{ key }},
        {%- for measure in measures %}
        sum({{ aggregate }}.{{ measure }}) as {{ measure }},
        {%- endfor %}
        count(*) as customer_count

    from {{ aggregate }}

    inner join customers
        on {{ aggregate }}.customer_id = customers.customer_id

    group by
        segment,
        {{ aggregate }}.{{ key }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- Stops where the var segment_types is no list of different columns of dim_customers
    that hold labels, or segment_labels does not give two words. -#}
{% macro check_segment_types() -%}
    {%- if execute -%}
    {%- set types = var('segment_types') -%}
    {#- In a unit test the graph is empty. #}
    {%- set customers = graph.get('nodes', {}).values()
        | selectattr('name', 'equalto', 'dim_customers') | first -%}
    {%- set labels = customers.columns.values()
        | selectattr('data_type', 'in', ['string', 'boolean']) | map(attribute='name')
        | list if customers else types -%}
    {%- if
        types is string
        or types is not sequence
        or not types
        or types | reject('in', labels) | list
        or types | unique | list | length < types | length
    -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected segment_types to list different columns of"
            ~ " dim_customers that hold labels or true and false, found " ~ types
            ~ "; make groups of a number first, as income_group does."
        ) }}
    {%- endif -%}
    {%- for type, words in var('segment_labels', {}).items()
        if words is string or words | length != 2 -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected segment_labels to give " ~ type
            ~ " two words, for true and for false, found " ~ words
            ~ "; write both, or leave it out for Yes and No."
        ) }}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{#- The segment that a column of dim_customers says; what is true or false gets words.

    column: its name, with or without a table before it. -#}
{% macro segment(column) -%}
    {%- set name = column.split('.') | last -%}
    {%- if name.startswith('is_') or name.startswith('has_') -%}
    {%- set labels = var('segment_labels').get(name, ['Yes', 'No']) -%}
    case
        when {{ column }} then '{{ labels[0] }}'
        when not {{ column }} then '{{ labels[1] }}'
        else '{{ var("unknown_label") }}'
    end
    {%- else -%}
    coalesce(cast({{ column }} as string), '{{ var("unknown_label") }}')
    {%- endif -%}
{%- endmacro %}


{#- Whether published figures are compared with data that is not 2017's too. -#}
{% macro is_check_forced() -%}
    {%- set forced = var('force_published_figures_check') -%}
    {%- if forced is not boolean -%}
        {{ exceptions.raise_compiler_error(
            "dbt_project.yml: expected force_published_figures_check to be true or false,"
            ~ " found " ~ forced ~ "; write one of the two without quotes."
        ) }}
    {%- endif -%}
    {{ forced }}
{%- endmacro %}


{#- The number of orders that a pair of products needs to be reported (see the var
    min_pair_orders).

    order_count: the number of analysed orders. -#}
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


{#- How much a group of products could gain: the mean of its place from below in revenue
    per order and in non-reorder rate, each from 0 (last) to 1 (first), so that neither
    outweighs the other by its unit. Quotients are rounded and places added as whole
    numbers, so that what is equal ties. Needs what sales_measures gives. -#}
{% macro opportunity_score() -%}
    {%- set group = 'partition by revenue_per_order is null' -%}
    case
        when revenue_per_order is not null
            then cast(
                rank() over ({{ group }} order by round(revenue_per_order, 9) asc)
                + rank() over ({{ group }} order by round(non_reorder_rate, 9) asc)
                - 2
                as double
            ) / greatest(2 * (count(*) over ({{ group }}) - 1), 1)
    end
{%- endmacro %}


{#- Its place by that score, the highest first; none without a score.

    key: the column that breaks ties, the lower value first. -#}
{% macro opportunity_rank(key) -%}
    case
        when opportunity_score is not null
            then row_number() over (
                order by opportunity_score desc nulls last, {{ key }} asc
            )
    end
{%- endmacro %}
